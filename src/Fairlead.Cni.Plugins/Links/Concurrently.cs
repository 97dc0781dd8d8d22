using System.Runtime.ExceptionServices;

namespace Fairlead.Cni.Plugins.Links;

/// <summary>
/// Two things at the same time. Deleting a veth waits some 19 ms for the kernel to be sure that no processor uses it any more, and deleting
/// from nf_tables another 13 ms: waits, not work, that need not be one after the other.
/// </summary>
internal static class Concurrently
{
    /// <summary>Runs both to their ends; throws what the first threw, else what the second threw.</summary>
    public static void Run(Action first, Action second)
    {
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
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
