using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Corefile;

/// <summary>Reads <c>template CLASS TYPE [ZONES…] { … }</c> as far as it gives codes without records.</summary>
internal static class TemplateReader
{
    public static TemplateRule Read(Directive directive, ImmutableArray<DnsName> otherwise)
    {
        if (directive.Arguments.Length < 2)
        {
            throw directive.Error("takes CLASS TYPE [ZONES…], as in 'template ANY ANY example.org'");
        }

        CorefileWord recordClass = directive.Arguments[0];
        if (Mnemonics.Class(recordClass) is not (RecordClass.Internet or RecordClass.Any))
        {
            throw recordClass.Error("template: only the class IN is answered here; write IN or ANY");
        }

        RecordType type = Mnemonics.Type(directive.Arguments[1]);
        ImmutableArray<DnsName> zones = Plugins.ZonesOf(directive.Arguments.AsSpan()[2..], otherwise);
        ImmutableArray<Regex>.Builder matches = ImmutableArray.CreateBuilder<Regex>();
        ResponseCode code = ResponseCode.NoError;
        Fallthrough fallthrough = Fallthrough.None;
        foreach (Directive option in directive.Body)
        {
            option.Flat();
            switch (option.Name.Text)
            {
                case "match":
                    matches.AddRange(option.Arguments.Select(GoRegex.Parse));
                    break;
                case "rcode":
                    code = Mnemonics.Code(option.Single("a response code"));
                    break;
                case "fallthrough":
                    fallthrough = new(Plugins.ZonesOf(option.Arguments.AsSpan(), zones));
                    break;
                case "answer" or "additional" or "authority" or "ederror" or "upstream":
                    throw option.Name.Error($"template: {option.Name.Text} isn't supported, only codes without records are; hosts and rewrite give fixed addresses");
                default:
                    throw directive.UnknownOption(option, "match", "rcode", "fallthrough");
            }
        }

        return new(zones, type == RecordType.Any ? null : type, matches.ToImmutable(), code, fallthrough);
    }
}
