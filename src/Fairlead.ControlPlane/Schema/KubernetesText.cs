using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fairlead.ControlPlane.Schema;

/// <summary>How JSON is written into strings.</summary>
internal static class KubernetesText
{
    /// <summary>Plain text stays plain.</summary>
    public static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
