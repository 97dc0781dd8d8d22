using System.Runtime.ExceptionServices;

namespace Fairlead.Kernel;

/// <summary>
/// A thread that enters a namespace, does one thing and ends: no thread of the pool is ever left inside. A thread begun by it is inside as well.
/// </summary>
internal static class NamespaceThread
{
    // Only what is touched is ever there; a megabyte lets the work inside be anything that is reasonable.
    private const int StackBytes = 1024 * 1024;

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
