using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Fairlead.Dns.Corefile;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns;

/// <summary>A query and its answer as a log speaks of them.</summary>
public readonly record struct QueryLogEntry
{
    /// <summary>Who asked.</summary>
    public required IPEndPoint Remote { get; init; }

    /// <summary>Which of our addresses was asked; null where that isn't known.</summary>
    public IPAddress? Local { get; init; }

    /// <summary>Whether it came over TCP.</summary>
    public bool IsTcp { get; init; }

    /// <summary>The name, in lower case as CoreDNS writes it.</summary>
    public required string Name { get; init; }

    /// <summary>The type asked.</summary>
    public required RecordType Type { get; init; }

    /// <summary>The class asked.</summary>
    public RecordClass Class { get; init; }

    /// <summary>The query's number.</summary>
    public ushort Id { get; init; }

    /// <summary>The query's operation.</summary>
    public int Opcode { get; init; }

    /// <summary>The query's size in bytes.</summary>
    public int Size { get; init; }

    /// <summary>Whether DNSSEC records were asked for.</summary>
    public bool DnssecOk { get; init; }

    /// <summary>The largest UDP answer that the client takes; 512 without EDNS.</summary>
    public int BufferSize { get; init; }

    /// <summary>The answer's code.</summary>
    public ResponseCode Code { get; init; }

    /// <summary>The answer's flags.</summary>
    public HeaderFlags ResponseFlags { get; init; }

    /// <summary>The answer's size in bytes.</summary>
    public int ResponseSize { get; init; }

    /// <summary>How many records the answer has.</summary>
    public int AnswerCount { get; init; }

    /// <summary>From the query's arrival to the answer.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>What kind of answer it was.</summary>
    public ResponseClasses ResponseClass => Code switch
    {
        ResponseCode.NoError when AnswerCount > 0 => ResponseClasses.Success,
        ResponseCode.NoError or ResponseCode.NameError => ResponseClasses.Denial,
        _ => ResponseClasses.Error,
    };
}

/// <summary>How a query is written into a log: text with CoreDNS's placeholders.</summary>
public sealed class LogFormat
{
    private const string CommonText = "{remote}:{port} - {>id} \"{type} {class} {name} {proto} {size} {>do} {>bufsize}\" {rcode} {>rflags} {rsize} {duration}";

    private static readonly string[] Placeholders =
        ["type", "name", "class", "proto", "remote", "local", "size", "port", "duration", "rcode", "rsize", ">rflags", ">bufsize", ">do", ">id", ">opcode"];

    private static readonly (HeaderFlags Flag, string Name)[] FlagNames =
    [
        (HeaderFlags.Response, "qr"), (HeaderFlags.Authoritative, "aa"), (HeaderFlags.Truncated, "tc"), (HeaderFlags.RecursionDesired, "rd"),
        (HeaderFlags.RecursionAvailable, "ra"), (HeaderFlags.AuthenticData, "ad"), (HeaderFlags.CheckingDisabled, "cd"),
    ];

    private readonly ImmutableArray<(bool IsPlaceholder, string Text)> parts;

    private LogFormat(ImmutableArray<(bool, string)> parts, string text) => (this.parts, Text) = (parts, text);

    /// <summary>CoreDNS's Common Log Format.</summary>
    public static LogFormat Common { get; } = new(Split(CommonText), CommonText);

    /// <summary>The format as it was written.</summary>
    public string Text { get; }

    internal static LogFormat Parse(CorefileWord word)
    {
        string text = word.Text.Replace("{common}", CommonText, StringComparison.Ordinal).Replace("{combined}", CommonText + " \"{>opcode}\"", StringComparison.Ordinal);
        ImmutableArray<(bool IsPlaceholder, string Text)> parts = Split(text);
        foreach ((bool isPlaceholder, string name) in parts)
        {
            if (isPlaceholder && !name.StartsWith('/') && !Placeholders.Contains(name))
            {
                throw word.Error($"log has no placeholder {{{name}}}: there are {{{string.Join("} {", Placeholders)}}}");
            }
        }

        return new(parts, text);
    }

    /// <summary>Writes an entry.</summary>
    public string Write(in QueryLogEntry entry)
    {
        StringBuilder line = new();
        foreach ((bool isPlaceholder, string text) in parts)
        {
            line.Append(isPlaceholder ? Value(text, entry) : text);
        }

        return line.ToString();
    }

    private static string Value(string placeholder, in QueryLogEntry entry) => placeholder switch
    {
        "type" => Mnemonics.NameOf(entry.Type),
        "class" => Mnemonics.NameOf(entry.Class),
        "name" => entry.Name,
        "proto" => entry.IsTcp ? "tcp" : "udp",
        "remote" => Bracketed(entry.Remote.Address),
        "local" => entry.Local is { } local ? Bracketed(local) : "-",
        "port" => Number(entry.Remote.Port),
        "size" => Number(entry.Size),
        "duration" => GoDuration.InSeconds(entry.Duration),
        "rcode" => Mnemonics.NameOf(entry.Code),
        "rsize" => Number(entry.ResponseSize),
        ">rflags" => Flags(entry.ResponseFlags),
        ">bufsize" => Number(entry.BufferSize),
        ">do" => entry.DnssecOk ? "true" : "false",
        ">id" => Number(entry.Id),
        ">opcode" => Number(entry.Opcode),
        _ => "-",
    };

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Bracketed(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4().ToString() : address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();

    private static string Flags(HeaderFlags flags) => string.Join(',', FlagNames.Where(f => (flags & f.Flag) != 0).Select(f => f.Name));

    /// <summary>Text and placeholders; a brace that is never closed is text.</summary>
    private static ImmutableArray<(bool IsPlaceholder, string Text)> Split(string text)
    {
        ImmutableArray<(bool, string)>.Builder parts = ImmutableArray.CreateBuilder<(bool, string)>();
        while (text.IndexOf('{') is >= 0 and var open && text.IndexOf('}', open) is >= 0 and var close)
        {
            parts.Add((false, text[..open]));
            parts.Add((true, text[(open + 1)..close]));
            text = text[(close + 1)..];
        }

        parts.Add((false, text));
        return parts.ToImmutable();
    }
}
