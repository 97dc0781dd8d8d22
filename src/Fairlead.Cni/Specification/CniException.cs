using System.Text.Json;

namespace Fairlead.Cni;

/// <summary>What a plugin's error object says in <c>code</c>.</summary>
/// <remarks>Source: CNI specification 1.1.0, "Error"; 8 and 999 are those of the reference library.</remarks>
public enum CniErrorCode
{
    /// <summary>The plugin does not speak the configuration's version.</summary>
    IncompatibleVersion = 1,

    /// <summary>The configuration holds a field whose value the plugin does not support; the message names both.</summary>
    UnsupportedField = 2,

    /// <summary>The container is unknown or gone; the runtime need not clean up with DEL.</summary>
    UnknownContainer = 3,

    /// <summary>An environment variable (<c>CNI_COMMAND</c>, <c>CNI_CONTAINERID</c>, …) is missing or invalid.</summary>
    InvalidEnvironment = 4,

    /// <summary>Reading, writing, or a request to the kernel failed.</summary>
    IoFailure = 5,

    /// <summary>Content could not be decoded: malformed JSON or a value of the wrong type.</summary>
    DecodingFailure = 6,

    /// <summary>The configuration decodes but makes no sense.</summary>
    InvalidConfiguration = 7,

    /// <summary>The network namespace is not one that a container can have (such as the plugin's own).</summary>
    InvalidNetworkNamespace = 8,

    /// <summary>A passing condition: the runtime should try the same call again later.</summary>
    TryAgainLater = 11,

    /// <summary>STATUS: the plugin cannot serve ADD.</summary>
    NotAvailable = 50,

    /// <summary>STATUS: the plugin cannot serve ADD, and existing containers may have limited connectivity.</summary>
    LimitedConnectivity = 51,

    /// <summary>CHECK found the container's network to be other than ADD left it (our own code; the specification leaves codes from 100 to plugins).</summary>
    CheckFailed = 100,

    /// <summary>What no other code describes.</summary>
    Internal = 999,
}

/// <summary>A failure as the specification reports it: a code, a sentence, and details.</summary>
public sealed class CniException : Exception
{
    /// <summary>An error with the given code and sentence.</summary>
    public CniException(CniErrorCode code, string message, string? details = null, Exception? inner = null)
        : base(message, inner)
    {
        Code = code;
        Details = details;
    }

    /// <summary>The specification's code; plugins of others may use values outside the enumeration (100 and more).</summary>
    public CniErrorCode Code { get; }

    /// <summary>The <c>details</c> key, when there are any.</summary>
    public string? Details { get; }

    /// <summary>Writes the error object that goes to stdout.</summary>
    internal void WriteTo(Utf8JsonWriter writer, SpecificationVersion version)
    {
        writer.WriteStartObject();
        writer.WriteString("cniVersion", version.ToString());
        writer.WriteNumber("code", (int)Code);
        writer.WriteString("msg", Message);
        if (!string.IsNullOrEmpty(Details))
        {
            writer.WriteString("details", Details);
        }

        writer.WriteEndObject();
    }
}
