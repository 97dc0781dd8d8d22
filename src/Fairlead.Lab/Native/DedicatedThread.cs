namespace Fairlead.Lab.Native;

/// <summary>Namespaces belong to threads: what enters one runs on a thread that ends afterwards and is never given back to the pool.</summary>
internal static class DedicatedThread
{
    /// <summary>Runs synchronous work on a thread of its own.</summary>
    public static Task<T> RunAsync<T>(string name, Func<T> work)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() =>
        {
            try
            {
                done.SetResult(work());
            }
#pragma warning disable CA1031 // Whatever went wrong belongs to whoever awaits.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                done.SetException(failure);
            }
        }, 256 * 1024)
        { Name = name, IsBackground = true };
        thread.Start();
        return done.Task;
    }
}
