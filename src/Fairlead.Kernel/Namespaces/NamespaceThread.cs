using System.Runtime.ExceptionServices;

namespace Fairlead.Kernel;

/// <summary>
/// A thread that enters a namespace, does one thing and ends: no thread of the pool is ever left inside. A thread begun by it is inside as well.
/// </summary>
internal static class NamespaceThread
{
    // The stack is the caller's business inside; 256 KiB is plenty for netlink and for starting a process, and costs only what is touched.
    private const int StackBytes = 256 * 1024;

    internal static T Run<T>(Action enter, Func<T> body)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(
            () =>
            {
                try
                {
                    enter();
                    result = body();
                }
                catch (Exception exception)
                {
                    failure = ExceptionDispatchInfo.Capture(exception);
                }
            },
            StackBytes)
        {
            IsBackground = true,
            Name = "namespace",
        };
        thread.UnsafeStart();
        thread.Join();
        failure?.Throw();
        return result;
    }
}
