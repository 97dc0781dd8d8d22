namespace Fairlead.Dns.Tests;

/// <summary>Waits for what happens soon, and fails after a minute.</summary>
internal static class Eventually
{
    public static async Task Until(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(1));
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }
}
