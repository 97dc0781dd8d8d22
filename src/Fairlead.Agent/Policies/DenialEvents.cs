using Fairlead.Kubernetes;

namespace Fairlead.Agent.Policies;

/// <summary>Receipts as Events on the pods that policies are about: each pair once in five minutes, a few a minute for each pod, so that none takes another's, and some more all in all.</summary>
internal sealed class DenialEvents(EventRecorder events, TimeProvider time)
{
    private const int MostPerMinuteAndPod = 10;
    private const int MostPerMinute = 120;
    private const int MostRemembered = 4096;
    private static readonly TimeSpan s_again = TimeSpan.FromMinutes(5);
    private readonly Dictionary<string, DateTimeOffset> told = [];
    private readonly Dictionary<ObjectKey, int> inMinute = [];
    private DateTimeOffset minute;

    public void Tell(DenialReceipt receipt)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (receipt.Subject is not { } pod || (told.TryGetValue(receipt.What, out DateTimeOffset before) && now - before < s_again))
        {
            return;
        }

        if (now - minute >= TimeSpan.FromMinutes(1))
        {
            minute = now;
            inMinute.Clear();
        }

        int ofPod = inMinute.GetValueOrDefault(pod.Key);
        if (ofPod >= MostPerMinuteAndPod || inMinute.Values.Sum() >= MostPerMinute)
        {
            return;
        }

        inMinute[pod.Key] = ofPod + 1;
        if (told.Count >= MostRemembered)
        {
            told.Clear();
        }

        told[receipt.What] = now;
        events.Record(
            new ObjectReference { ApiVersion = "v1", Kind = "Pod", Namespace = pod.Key.Namespace, Name = pod.Key.Name, Uid = pod.Uid },
            "Warning",
            receipt.Outcome == "AUDIT" ? "PolicyWouldDeny" : "PolicyDenied",
            receipt.What);
    }
}
