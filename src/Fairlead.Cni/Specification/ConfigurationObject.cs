using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Cni;

/// <summary>
/// A JSON object of a configuration, read key by key with errors that name the key. Keys are found whatever their case, as the
/// reference library finds them; unknown ones stay in <see cref="Json"/>.
/// </summary>
/// <remarks>
/// Texts and truths are read by their kind, not by JsonValue.TryGetValue: that one is generic and virtual, which NativeAOT resolves through hash tables when it is
/// first called; dear for a process that lives for milliseconds.
/// </remarks>
public sealed class ConfigurationObject
{
    private static readonly JsonNodeOptions NodeOptions = new() { PropertyNameCaseInsensitive = true };

    private readonly string _path;

    /// <summary>Wraps an object; <paramref name="path"/> is where it stands, for messages ("ipam", "" at the top).</summary>
    public ConfigurationObject(JsonObject json, string path = "")
    {
        Json = json;
        _path = path;
    }

    /// <summary>The object itself; changing it changes what is read.</summary>
    public JsonObject Json { get; }

    /// <summary>Reads an object from UTF-8 text.</summary>
    /// <exception cref="CniException">The text is not a JSON object (code 6).</exception>
    public static ConfigurationObject Parse(ReadOnlySpan<byte> utf8, string what = "network configuration")
    {
        if (utf8.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            throw new CniException(CniErrorCode.DecodingFailure, $"the {what} is missing: standard input is empty");
        }

        try
        {
            JsonNode? node = JsonNode.Parse(utf8, NodeOptions);
            if (node is not JsonObject json)
            {
                throw new CniException(CniErrorCode.DecodingFailure, $"the {what} is not a JSON object");
            }

            _ = json.Count; // Materialises the keys, and thus finds one that is given twice.
            return new ConfigurationObject(json);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            throw new CniException(CniErrorCode.DecodingFailure, $"the {what} is not valid JSON", exception.Message, exception);
        }
    }

    /// <summary>Whether the key is there with a value other than null.</summary>
    public bool Has(string key) => Json[key] is not null;

    /// <summary>The key's text, or nothing when it is absent or null.</summary>
    public string? GetString(string key) => Json[key] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.ToString(),
        _ => throw WrongType(key, "a string"),
    };

    /// <summary>The key's truth, or <paramref name="otherwise"/> when it is absent or null.</summary>
    public bool GetBoolean(string key, bool otherwise = false) => Json[key]?.GetValueKind() switch
    {
        null => otherwise,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw WrongType(key, "true or false"),
    };

    /// <summary>The key's whole number, or nothing when it is absent or null.</summary>
    public int? GetInteger(string key) => Json[key] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out int number) => number,
        _ => throw WrongType(key, "a whole number"),
    };

    /// <summary>The key's whole number, wide enough for rates in bits per second.</summary>
    public ulong? GetUnsigned(string key) => Json[key] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out ulong number) => number,
        _ => throw WrongType(key, "a whole number that is not negative"),
    };

    /// <summary>The key's object, or nothing when it is absent or null.</summary>
    public ConfigurationObject? GetObject(string key) => Json[key] switch
    {
        null => null,
        JsonObject child => new ConfigurationObject(child, Name(key)),
        _ => throw WrongType(key, "an object"),
    };

    /// <summary>The key's list; empty when it is absent or null.</summary>
    public JsonArray GetArray(string key) => Json[key] switch
    {
        null => [],
        JsonArray list => list,
        _ => throw WrongType(key, "a list"),
    };

    /// <summary>The key's list of objects; empty when it is absent or null.</summary>
    public IReadOnlyList<ConfigurationObject> GetObjects(string key)
    {
        List<ConfigurationObject> objects = [];
        foreach (JsonNode? node in GetArray(key))
        {
            objects.Add(node is JsonObject child ? new ConfigurationObject(child, $"{Name(key)}[{objects.Count}]") : throw WrongType(key, "a list of objects"));
        }

        return objects;
    }

    /// <summary>The key's list of texts; empty when it is absent or null.</summary>
    public IReadOnlyList<string> GetStrings(string key)
    {
        List<string> texts = [];
        foreach (JsonNode? node in GetArray(key))
        {
            texts.Add(node?.GetValueKind() == JsonValueKind.String ? node.ToString() : throw WrongType(key, "a list of strings"));
        }

        return texts;
    }

    /// <summary>The key's address, or nothing when it is absent, null or empty.</summary>
    public IPAddress? GetAddress(string key)
    {
        string? text = GetString(key);
        return string.IsNullOrEmpty(text) ? null
            : AddressPrefix.TryParseAddress(text, out IPAddress? address) ? address
            : throw Invalid(key, $"\"{text}\" is not an address");
    }

    /// <summary>The key's address with prefix length, or nothing when it is absent, null or empty.</summary>
    public AddressPrefix? GetPrefix(string key)
    {
        string? text = GetString(key);
        return string.IsNullOrEmpty(text) ? null
            : AddressPrefix.TryParse(text, out AddressPrefix prefix) ? prefix
            : throw Invalid(key, $"\"{text}\" is not an address with a prefix length");
    }

    /// <summary>The key's routes, as configurations of IPAM plugins and results write them.</summary>
    public IReadOnlyList<CniRoute> GetRoutes(string key)
    {
        List<CniRoute> routes = [];
        foreach (ConfigurationObject route in GetObjects(key))
        {
            routes.Add(new CniRoute
            {
                Destination = route.GetPrefix("dst")?.Network ?? throw route.Invalid("dst", "is missing"),
                Gateway = route.GetAddress("gw"),
                Mtu = route.GetInteger("mtu"),
                AdvertisedMss = route.GetInteger("advmss"),
                Priority = route.GetInteger("priority"),
                Table = route.GetInteger("table"),
                Scope = route.GetInteger("scope"),
            });
        }

        return routes;
    }

    /// <summary>The key's DNS object; empty when it is absent or null.</summary>
    public CniDns GetDns(string key) => GetObject(key) is { } dns
        ? new CniDns
        {
            Nameservers = dns.GetStrings("nameservers"),
            Domain = dns.GetString("domain"),
            Search = dns.GetStrings("search"),
            Options = dns.GetStrings("options"),
        }
        : new CniDns();

    /// <summary>The error for a value that decodes but makes no sense (code 7); the sentence starts with the key's path.</summary>
    public CniException Invalid(string key, string problem) =>
        new(CniErrorCode.InvalidConfiguration, $"{Name(key)}: {problem}");

    /// <summary>The error for a value that the plugin does not support (code 2).</summary>
    public CniException Unsupported(string key, string problem) =>
        new(CniErrorCode.UnsupportedField, $"{Name(key)}: {problem}");

    private CniException WrongType(string key, string wanted) =>
        new(CniErrorCode.DecodingFailure, $"{Name(key)}: must be {wanted}");

    private string Name(string key) => _path.Length == 0 ? key : $"{_path}.{key}";
}
