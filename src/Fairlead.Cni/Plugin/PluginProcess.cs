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
            Descriptors.WriteAll(output, Serve(plugin, Environment.GetEnvironmentVariable, ref version));
            return 0;
        }
        catch (Exception exception)
        {
            CniException error = Describe(exception);
            SpecificationVersion spoken = version;
            Descriptors.WriteAll(output, SpecificationJson.Write(writer => error.WriteTo(writer, spoken)));
            return 1;
        }
    }

    /// <summary>Does the call; what it gives is the text for stdout, empty where the command has no result.</summary>
    private static ReadOnlySpan<byte> Serve(CniPlugin plugin, Func<string, string?> environment, ref SpecificationVersion version)
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

        ConfigurationObject? root = TryParse(input, ref version);
        CniRequest request = root is null ? CniRequest.Read(command, environment, input) : CniRequest.Read(command, environment, () => NetworkConfiguration.Of(root));
        CniResult? result = plugin.Call(request);
        return result is null ? [] : SpecificationJson.Write(writer => ResultWriter.Write(writer, result, request.Configuration.Version));
    }

    /// <summary>VERSION repeats the version it was asked in, when it is one.</summary>
    private static ReadOnlySpan<byte> DescribeVersions(byte[] input)
    {
        string asked = SpecificationVersion.Latest.ToString();
        if (input.AsSpan().IndexOfAnyExcept(" \t\r\n"u8) >= 0)
        {
            string? given = ConfigurationObject.Parse(input, "VERSION request").GetString("cniVersion");
            asked = string.IsNullOrEmpty(given) ? asked : given;
        }

        return SpecificationJson.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("cniVersion", asked);
            writer.WriteStartArray("supportedVersions");
            foreach (SpecificationVersion version in SpecificationVersion.Supported)
            {
                writer.WriteStringValue(version.ToString());
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    /// <summary>The configuration, with the version in which errors are to be written as far as it can be known. What is wrong with it is found later, after the environment.</summary>
    private static ConfigurationObject? TryParse(byte[] input, ref SpecificationVersion version)
    {
        try
        {
            ConfigurationObject root = ConfigurationObject.Parse(input);
            version = NetworkConfiguration.ReadVersion(root);
            return root;
        }
        catch (CniException)
        {
            return null;
        }
    }

    private static CniException Describe(Exception exception) => exception switch
    {
        CniException own => own,
        Fairlead.Kernel.KernelException kernel => new CniException(CniErrorCode.IoFailure, kernel.Message, inner: kernel),
        IOException or UnauthorizedAccessException => new CniException(CniErrorCode.IoFailure, exception.Message, inner: exception),
        _ => new CniException(CniErrorCode.Internal, exception.Message, exception.ToString(), exception),
    };
}
