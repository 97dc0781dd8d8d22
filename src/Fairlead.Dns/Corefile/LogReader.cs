using System.Collections.Immutable;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Corefile;

/// <summary>Reads <c>log [NAMES…] [FORMAT] { … }</c> and <c>errors { … }</c>.</summary>
internal static class LogReader
{
    public static LogOptions Read(Directive directive)
    {
        ReadOnlySpan<CorefileWord> arguments = directive.Arguments.AsSpan();
        LogFormat format = LogFormat.Common;
        if (arguments.Length > 0 && arguments[^1].Text.Contains('{'))
        {
            format = LogFormat.Parse(arguments[^1]);
            arguments = arguments[..^1];
        }

        ResponseClasses classes = ResponseClasses.None;
        TimeSpan? minimum = null;
        foreach (Directive option in directive.Body)
        {
            option.Flat();
            switch (option.Name.Text)
            {
                case "class":
                    foreach (CorefileWord word in option.Arguments)
                    {
                        classes |= word.Text switch
                        {
                            "success" => ResponseClasses.Success,
                            "denial" => ResponseClasses.Denial,
                            "error" => ResponseClasses.Error,
                            "all" => ResponseClasses.All,
                            _ => throw word.Error($"class knows success, denial, error and all, not '{word.Text}'"),
                        };
                    }

                    break;
                case "minDuration":
                    minimum = option.Single("a duration").Duration("minDuration");
                    break;
                default:
                    throw directive.UnknownOption(option, "class", "minDuration");
            }
        }

        return new(Plugins.ZonesOf(arguments, [DnsName.Root]), format, classes == ResponseClasses.None ? ResponseClasses.All : classes, minimum);
    }

    public static ErrorsOptions Errors(CorefileSource source, Directive directive)
    {
        ImmutableArray<ErrorConsolidation>.Builder consolidations = ImmutableArray.CreateBuilder<ErrorConsolidation>();
        bool stackTraces = false;
        foreach (Directive option in directive.Body)
        {
            option.Flat();
            switch (option.Name.Text)
            {
                case "consolidate":
                    consolidations.Add(Consolidation(option));
                    break;
                case "stacktrace" or "panicRecoveryStacktrace":
                    stackTraces = true;
                    break;
                default:
                    throw directive.UnknownOption(option, "consolidate", "stacktrace");
            }
        }

        if (directive.Arguments is [{ } target, ..] && target.Text is not ("stdout" or "stderr"))
        {
            source.Warnings.Add(target.Warning($"errors: '{target.Text}' is ignored: errors go to the server's log"));
        }

        return new(consolidations.ToImmutable(), stackTraces);
    }

    private static ErrorConsolidation Consolidation(Directive option)
    {
        if (option.Arguments.Length is < 2 or > 4)
        {
            throw option.Error("takes DURATION REGEXP [LEVEL], as in 'consolidate 5m \".* i/o timeout$\" warning'");
        }

        string level = "error";
        if (option.Arguments.Length > 2)
        {
            CorefileWord word = option.Arguments[2];
            level = word.Text is "warning" or "error" or "info" or "debug" ? word.Text : throw word.Error($"consolidate's level is '{word.Text}': write warning, error, info or debug");
        }

        return new(option.Arguments[0].Duration("consolidate's duration"), GoRegex.Parse(option.Arguments[1]), level);
    }
}
