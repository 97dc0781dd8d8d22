using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Selectors;

namespace Fairlead.ControlPlane.Requests;

/// <summary>The options of a list or watch, read and checked.</summary>
internal sealed record ListOptions
{
    public required LabelSelector Labels { get; init; }
    public required FieldSelector Fields { get; init; }
    public string ResourceVersion { get; init; } = "";
    public string ResourceVersionMatch { get; init; } = "";
    public long Limit { get; init; }
    public string Continue { get; init; } = "";
    public bool? SendInitialEvents { get; init; }
    public bool AllowBookmarks { get; init; }
    public TimeSpan? Timeout { get; init; }

    /// <summary>resourceVersion as a number; 0 when empty.</summary>
    public long Revision { get; init; }

    public static ListOptions Read(RequestContext request, bool watch)
    {
        ListOptions options = new()
        {
            Labels = LabelSelector.Parse(request.Query("labelSelector")),
            Fields = FieldSelector.Parse(NameAware(request), request.Resource),
            ResourceVersion = request.Query("resourceVersion"),
            ResourceVersionMatch = request.Query("resourceVersionMatch"),
            Limit = Number(request, "limit"),
            Continue = request.Query("continue"),
            SendInitialEvents = request.Query("sendInitialEvents").Length > 0 ? request.Flag("sendInitialEvents") : null,
            AllowBookmarks = request.Flag("allowWatchBookmarks"),
            Timeout = Number(request, "timeoutSeconds") is > 0 and var seconds ? TimeSpan.FromSeconds(Math.Min(seconds, 86400)) : null,
        };
        Check(options, watch);
        if (options.ResourceVersion.Length == 0)
        {
            return options;
        }

        if (!ulong.TryParse(options.ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var revision) || revision > long.MaxValue)
        {
            throw new StatusException(500, "", $"resourceVersion: Invalid value: \"{options.ResourceVersion}\": strconv.ParseUint: parsing \"{options.ResourceVersion}\": invalid syntax");
        }

        return options with { Revision = (long)revision };
    }

    /// <summary>A watch on /resource/name is one by field selector.</summary>
    private static string NameAware(RequestContext request)
    {
        var selector = request.Query("fieldSelector");
        return request.Name.Length == 0 ? selector : selector.Length == 0 ? "metadata.name=" + request.Name : $"{selector},metadata.name={request.Name}";
    }

    private static long Number(RequestContext request, string name)
    {
        var text = request.Query(name);
        if (text.Length == 0)
        {
            return 0;
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw StatusException.BadRequest($"strconv.ParseInt: parsing \"{text}\": invalid syntax");
    }

    private static void Check(ListOptions options, bool watch)
    {
        List<FieldError> errors = [];
        var match = options.ResourceVersionMatch;
        if (watch)
        {
            if (options.SendInitialEvents is not null && match.Length == 0)
            {
                errors.Add(FieldError.Forbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
            }
            else if (match.Length > 0 && options.SendInitialEvents is null)
            {
                errors.Add(FieldError.Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
            }
            else if (match.Length > 0 && match != "NotOlderThan")
            {
                errors.Add(FieldError.NotSupported("resourceVersionMatch", match, "NotOlderThan"));
            }
        }
        else
        {
            if (options.SendInitialEvents is not null)
            {
                errors.Add(FieldError.Forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
            }

            if (match.Length > 0 && options.ResourceVersion.Length == 0)
            {
                errors.Add(FieldError.Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"));
            }

            if (match.Length > 0 && options.Continue.Length > 0)
            {
                errors.Add(FieldError.Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"));
            }

            if (match.Length > 0 && match is not ("Exact" or "NotOlderThan"))
            {
                errors.Add(FieldError.NotSupported("resourceVersionMatch", match, "Exact", "NotOlderThan", ""));
            }

            if (match == "Exact" && options.ResourceVersion == "0")
            {
                errors.Add(FieldError.Forbidden("resourceVersionMatch", "resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\""));
            }
        }

        if (errors.Count > 0)
        {
            throw StatusException.Invalid("meta.k8s.io", "ListOptions", "", errors);
        }
    }
}

/// <summary>
/// Where a paged list goes on: the revision of its snapshot and the key after which it continues, in kube-apiserver's own form
/// (apiserver, storage/continue.go): base64 of {"v":"meta.k8s.io/v1","rv":239,"start":"/name\u0000"}.
/// </summary>
internal sealed record ContinueToken(long Revision, string After)
{
    public string Encode() => Base64Url.EncodeToString(KubernetesJson.WriteNode(new JsonObject
    {
        ["v"] = "meta.k8s.io/v1", ["rv"] = Revision, ["start"] = "/" + After + "\0",
    }));

    public static ContinueToken Decode(string token)
    {
        byte[] json;
        try
        {
            json = Base64Url.DecodeFromChars(WithoutSpareBits(token.AsSpan().TrimEnd('=')));
        }
        catch (FormatException)
        {
            throw StatusException.BadRequest($"invalid continue token: continue key is not valid: illegal base64 data at input byte {Bad(token)}");
        }

        try
        {
            var value = KubernetesJson.ParseObject(json);
            var start = value.StringAt("start") ?? "";
            if (value.StringAt("v") != "meta.k8s.io/v1" || value.IntegerAt("rv") is not { } revision || start is not ['/', .. var after])
            {
                throw StatusException.BadRequest("invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
            }

            return new ContinueToken(revision, after.TrimEnd('\0'));
        }
        catch (JsonException)
        {
            throw StatusException.BadRequest($"invalid continue token: continue key is not valid: {GoSyntaxError(json)}");
        }
    }

    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private static readonly System.Buffers.SearchValues<char> Base64Characters = System.Buffers.SearchValues.Create(Alphabet);

    /// <summary>Go's decoder overlooks set bits beyond the last byte, .NET's refuses them.</summary>
    private static string WithoutSpareBits(ReadOnlySpan<char> token)
    {
        var spare = (token.Length % 4) switch { 2 => 4, 3 => 2, _ => 0 };
        if (spare == 0 || Alphabet.IndexOf(token[^1], StringComparison.Ordinal) is not (>= 0 and var last))
        {
            return token.ToString();
        }

        return string.Concat(token[..^1], [Alphabet[last >> spare << spare]]);
    }

    private static int Bad(string token) => Math.Max(0, token.AsSpan().IndexOfAnyExcept(Base64Characters));

    /// <summary>What Go's JSON scanner says of a document that begins wrongly.</summary>
    private static string GoSyntaxError(byte[] json)
    {
        var text = Encoding.Latin1.GetString(json).TrimStart();
        return text.Length == 0 ? "unexpected end of JSON input" : $"invalid character '{text[0]}' looking for beginning of value";
    }
}
