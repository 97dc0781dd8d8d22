using System.Runtime.ExceptionServices;

namespace Fairlead.Cni.Plugins.Links;

/// <summary>
/// Two things at the same time. Deleting a veth waits 13 to 19 ms for the kernel to be sure that no processor uses it any more, and closing the socket over which
/// elements of nf_tables were deleted waits as long: waits, not work, that need not be one after the other.
/// </summary>
internal static class Concurrently
{
    /// <summary>
    /// Both wait for a grace period of RCU. Begun together, the second's starts one, the first comes too late for it, and waits for the next as well: 32 ms. When the first has
    /// begun, one grace period serves both: 19 ms.
    /// </summary>
    private static readonly TimeSpan HeadStart = TimeSpan.FromMilliseconds(1);

    /// <summary>Runs both to their ends, the second from a moment after the first; throws what the first threw, else what the second threw.</summary>
    public static void Run(Action first, Action second)
    {
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                Thread.Sleep(HeadStart);
                second();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        });
        thread.UnsafeStart();
        try
        {
            first();
        }
        finally
        {
            thread.Join();
        }

        failure?.Throw();
    }
}
