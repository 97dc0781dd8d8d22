using System.Runtime.InteropServices;
using Fairlead.Kernel;

namespace Fairlead.Cni.Native;

/// <summary>Whole reads and writes on plain descriptors: what a process of one call needs of its three streams.</summary>
internal static unsafe class Descriptors
{
    /// <summary>A copy of the descriptor that no child inherits.</summary>
    public static int Duplicate(int descriptor) =>
        Checked(Libc.Control(descriptor, Libc.DuplicateCloseOnExec, 3), $"duplicate descriptor {descriptor}");

    /// <summary>Makes <paramref name="to"/> mean what <paramref name="from"/> means.</summary>
    public static void Redirect(int from, int to) => Checked(Libc.Duplicate2(from, to), $"redirect descriptor {to}");

    /// <summary>Everything up to the end.</summary>
    public static byte[] ReadAll(int descriptor)
    {
        byte[] buffer = new byte[4096];
        int length = 0;
        while (true)
        {
            nint count;
            fixed (byte* start = buffer)
            {
                count = Libc.Read(descriptor, start + length, (nuint)(buffer.Length - length));
            }

            if (count < 0 && LastError == Errno.Interrupted)
            {
                continue;
            }

            if (Checked((int)count, $"read descriptor {descriptor}") == 0)
            {
                return buffer[..length];
            }

            length += (int)count;
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, length * 2);
            }
        }
    }

    /// <summary>Writes all bytes.</summary>
    public static void WriteAll(int descriptor, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint count;
            fixed (byte* start = bytes)
            {
                count = Libc.Write(descriptor, start, (nuint)bytes.Length);
            }

            if (count < 0 && LastError == Errno.Interrupted)
            {
                continue;
            }

            bytes = bytes[Checked((int)count, $"write descriptor {descriptor}")..];
        }
    }

    internal static Errno LastError => (Errno)Marshal.GetLastPInvokeError();

    internal static int Checked(int result, string operation) =>
        result < 0 ? throw new KernelException(operation, LastError) : result;
}
