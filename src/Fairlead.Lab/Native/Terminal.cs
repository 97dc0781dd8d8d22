using Fairlead.Lab.Kubelet.Server.Remote;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Lab.Native;

/// <summary>The master end of a pseudo-terminal (pty(7)).</summary>
internal sealed class Terminal(SafeFileHandle master) : IDisposable
{
    /// <summary>Copies what the terminal shows until nobody has its other end open any more.</summary>
    public Task CopyOutputToAsync(Stream output) => Task.Factory.StartNew(
        () =>
        {
            var buffer = new byte[16 * 1024];
            int count;
            while ((count = Read(buffer)) > 0)
            {
                // This thread belongs to the terminal: reading from it cannot be done any other way without blocking one.
                output.WriteAsync(buffer.AsMemory(0, count)).AsTask().GetAwaiter().GetResult();
            }
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Types.</summary>
    public unsafe void Write(ReadOnlySpan<byte> data)
    {
        fixed (byte* pointer = data)
        {
            for (var offset = 0; offset < data.Length;)
            {
                var count = LibC.Write(Number, pointer + offset, (nuint)(data.Length - offset));
                if (count < 0)
                {
                    throw LibC.Failure("write to a terminal");
                }

                offset += (int)count;
            }
        }
    }

    /// <summary>Tells the terminal its size; programs in it get SIGWINCH.</summary>
    public unsafe void Resize(TerminalSize size)
    {
        LibC.WindowSize window = new() { Rows = size.Rows, Columns = size.Columns };
        _ = LibC.IoControl(Number, LibC.TIOCSWINSZ, &window);
    }

    public void Dispose() => master.Dispose();

    private int Number => (int)master.DangerousGetHandle();

    private unsafe int Read(byte[] buffer)
    {
        fixed (byte* pointer = buffer)
        {
            // EIO says that the other end was closed by the last one who had it.
            return (int)LibC.Read(Number, pointer, (nuint)buffer.Length);
        }
    }
}
