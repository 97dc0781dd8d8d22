using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Cni.Native;

namespace Fairlead.Cni;

/// <summary>The process around a plugin: reads environment and stdin, writes the result or an error object to stdout.</summary>
internal static class PluginProcess
{
    private const int StandardInput = 0;
    private const int StandardOutput = 1;
    private const int StandardError = 2;

    public static int Run(CniPlugin plugin)
    {
        // The result is all that may be on stdout. Whatever else the process writes there goes to stderr.
        int output = Descriptors.Duplicate(StandardOutput);
        Descriptors.Redirect(StandardError, StandardOutput);
        SpecificationVersion version = SpecificationVersion.Latest;
        try
        {
            JsonObject? answer = Serve(plugin, Environment.GetEnvironmentVariable, ref version);
            if (answer is not null)
            {
                Write(output, answer);
            }

            return 0;
        }
        catch (Exception exception)
        {
            Write(output, Describe(exception).ToJson(version));
            return 1;
        }
    }

    private static JsonObject? Serve(CniPlugin plugin, Func<string, string?> environment, ref SpecificationVersion version)
    {
        string text = environment("CNI_COMMAND") ?? "";
        if (text.Length == 0)
        {
            Descriptors.WriteAll(StandardError, System.Text.Encoding.UTF8.GetBytes(
                $"{plugin.Name}: a CNI plugin of Fairlead; speaks {string.Join(", ", SpecificationVersion.Supported)}\n"));
            throw new CniException(CniErrorCode.InvalidEnvironment, "required environment variables [CNI_COMMAND] missing");
        }

        CniCommand command = text switch
        {
            "ADD" => CniCommand.Add,
            "DEL" => CniCommand.Delete,
            "CHECK" => CniCommand.Check,
            "GC" => CniCommand.CollectGarbage,
            "STATUS" => CniCommand.Status,
            "VERSION" => CniCommand.Version,
            _ => throw new CniException(CniErrorCode.InvalidEnvironment, $"CNI_COMMAND: \"{text}\" is not a command", "ADD, DEL, CHECK, GC, STATUS or VERSION"),
        };

        byte[] input = Descriptors.ReadAll(StandardInput);
        if (command == CniCommand.Version)
        {
            return DescribeVersions(input);
        }

        version = VersionForErrors(input);
        CniRequest request = CniRequest.Read(command, environment, input);
        CniResult? result = plugin.Call(request);
        return result is null ? null : ResultJson.Write(result, request.Configuration.Version);
    }

    /// <summary>VERSION repeats the version it was asked in, when it is one.</summary>
    private static JsonObject DescribeVersions(byte[] input)
    {
        string asked = SpecificationVersion.Latest.ToString();
        if (input.Length > 0)
        {
            string? given = ConfigurationObject.Parse(input, "VERSION request").GetString("cniVersion");
            asked = string.IsNullOrEmpty(given) ? asked : given;
        }

        JsonArray supported = [];
        foreach (SpecificationVersion version in SpecificationVersion.Supported)
        {
            supported.Add((JsonNode)JsonValue.Create(version.ToString()));
        }

        return new JsonObject { ["cniVersion"] = asked, ["supportedVersions"] = supported };
    }

    /// <summary>An error object is written in the configuration's version as far as that can be known; the error itself is found later.</summary>
    private static SpecificationVersion VersionForErrors(byte[] input)
    {
        try
        {
            return NetworkConfiguration.ReadVersion(ConfigurationObject.Parse(input));
        }
        catch (CniException)
        {
            return SpecificationVersion.Latest;
        }
    }

    private static CniException Describe(Exception exception) => exception switch
    {
        CniException own => own,
        Fairlead.Kernel.KernelException kernel => new CniException(CniErrorCode.IoFailure, kernel.Message, inner: kernel),
        IOException or UnauthorizedAccessException => new CniException(CniErrorCode.IoFailure, exception.Message, inner: exception),
        _ => new CniException(CniErrorCode.Internal, exception.Message, exception.ToString(), exception),
    };

    private static void Write(int descriptor, JsonObject json)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteTo(writer);
        }

        stream.WriteByte((byte)'\n');
        Descriptors.WriteAll(descriptor, stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }
}
