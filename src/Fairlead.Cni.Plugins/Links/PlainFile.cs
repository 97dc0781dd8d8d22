using System.Text;
using Fairlead.Cni.Native;
using Fairlead.Kernel;

namespace Fairlead.Cni.Plugins.Links;

/// <summary>Small files, read by three system calls; the framework's reader brings strategies, locks and buffers that cost a short process more than the reading.</summary>
internal static class PlainFile
{
    /// <summary>The file's text; nothing where there is no such file.</summary>
    /// <exception cref="KernelException">It could not be opened or read.</exception>
    public static string? Read(string path)
    {
        int descriptor = Libc.Open(path, Libc.OpenReadOnly | Libc.OpenCloseOnExec, 0);
        if (descriptor < 0)
        {
            return Descriptors.LastError == Errno.NotFound ? null : throw new KernelException($"read {path}", Descriptors.LastError);
        }

        try
        {
            return Encoding.UTF8.GetString(Descriptors.ReadAll(descriptor));
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }
}
