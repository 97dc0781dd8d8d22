namespace Fairlead.Lab.Kubelet.Images;

/// <summary>A container whose image can't be had: asked for again after 10 s, 20 s … 5 minutes, and in between <c>ImagePullBackOff</c>, as everywhere.</summary>
internal sealed class ImagePullBackOff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>How long a fresh failure is shown before it is called a back-off.</summary>
    private static readonly TimeSpan Shown = TimeSpan.FromSeconds(2);

    private string? _image;
    private TimeSpan _delay;
    private DateTimeOffset _due;

    /// <summary>What to show, and when to look again.</summary>
    /// <param name="image">The name as the pod has it.</param>
    /// <param name="refusal">Why it can't be had.</param>
    /// <param name="now">The time.</param>
    /// <param name="record">Takes events: type, reason, message.</param>
    public (string Reason, string Message, TimeSpan Retry) Refuse(string image, ImageRefusal refusal, DateTimeOffset now, Action<string, string, string> record)
    {
        if (refusal.Reason != "ErrImagePull")
        {
            record("Warning", refusal.Reason == "InvalidImageName" ? "InspectFailed" : refusal.Reason, refusal.Message);
            record("Warning", "Failed", "Error: " + refusal.Reason);
            return (refusal.Reason, refusal.Message, First);
        }

        if (image == _image && now < _due)
        {
            record("Normal", "BackOff", $"Back-off pulling image \"{image}\"");
            record("Warning", "Failed", "Error: ImagePullBackOff");
            return ("ImagePullBackOff", $"Back-off pulling image \"{image}\": ErrImagePull: {refusal.Message}", _due - now);
        }

        _delay = image != _image ? First : _delay * 2 < Longest ? _delay * 2 : Longest;
        (_image, _due) = (image, now + _delay);
        record("Normal", "Pulling", $"Pulling image \"{image}\"");
        record("Warning", "Failed", $"Failed to pull image \"{image}\": {refusal.Message}");
        record("Warning", "Failed", "Error: ErrImagePull");
        return ("ErrImagePull", refusal.Message, Shown);
    }
}
