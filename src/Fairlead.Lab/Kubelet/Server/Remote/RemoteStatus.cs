using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Lab.Kubelet.Server.Remote;

/// <summary>How a remote command ended, in the words of the API: what kubectl turns into its own exit code.</summary>
internal static class RemoteStatus
{
    public static byte[] Success { get; } = """{"metadata":{},"status":"Success"}"""u8.ToArray();

    /// <summary>The command ended with a code other than 0.</summary>
    public static byte[] ExitCode(int code) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = $"command terminated with non-zero exit code: exit status {code.ToString(CultureInfo.InvariantCulture)}",
        ["reason"] = "NonZeroExitCode",
        ["details"] = new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ExitCode", ["message"] = code.ToString(CultureInfo.InvariantCulture) }) },
    }, RemoteJson.Default.JsonObject);

    /// <summary>The command could not be run.</summary>
    public static byte[] Error(string message) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = message,
        ["reason"] = "InternalError",
        ["details"] = new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["message"] = message }) },
        ["code"] = 500,
    }, RemoteJson.Default.JsonObject);
}

/// <summary>How JSON nodes are written.</summary>
[System.Text.Json.Serialization.JsonSerializable(typeof(JsonObject))]
internal sealed partial class RemoteJson : System.Text.Json.Serialization.JsonSerializerContext;
