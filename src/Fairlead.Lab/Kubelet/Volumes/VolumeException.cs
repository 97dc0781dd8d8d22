namespace Fairlead.Lab.Kubelet.Volumes;

/// <summary>A volume cannot be set up now; shown as <c>FailedMount</c> and tried again.</summary>
internal sealed class VolumeException(string volume, string message) : Exception($"MountVolume.SetUp failed for volume \"{volume}\" : {message}");
