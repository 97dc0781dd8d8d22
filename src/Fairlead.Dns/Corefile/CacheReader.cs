using System.Collections.Immutable;
using Fairlead.Dns.Caching;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Corefile;

/// <summary>Reads <c>cache [TTL] [ZONES…] { … }</c>.</summary>
internal static class CacheReader
{
    private static readonly TimeSpan LongestServerFailure = TimeSpan.FromMinutes(5);

    public static CacheOptions Read(CorefileSource source, Directive directive, ImmutableArray<DnsName> otherwise)
    {
        ReadOnlySpan<CorefileWord> arguments = directive.Arguments.AsSpan();
        TimeSpan? ttl = null;
        if (arguments.Length > 0 && char.IsAsciiDigit(arguments[0].Text[0]) && !arguments[0].Text.Contains('/'))
        {
            ttl = TimeSpan.FromSeconds(arguments[0].Integer("cache's time to live", 1, 86400 * 7));
            arguments = arguments[1..];
        }

        CacheOptions options = new() { Zones = Plugins.ZonesOf(arguments, otherwise) };
        if (ttl is { } most)
        {
            options = options with { Success = Bounded(options.Success, most), Denial = Bounded(options.Denial, most) };
        }

        foreach (Directive option in directive.Body)
        {
            options = Option(source, directive, option, options);
        }

        return options;
    }

    private static CacheLimits Bounded(CacheLimits limits, TimeSpan most) =>
        limits with { MaximumTtl = most, MinimumTtl = limits.MinimumTtl < most ? limits.MinimumTtl : most };

    private static CacheOptions Option(CorefileSource source, Directive directive, Directive option, CacheOptions options)
    {
        option.Flat();
        switch (option.Name.Text)
        {
            case "success":
                return options with { Success = Limits(option, options.Success) };
            case "denial":
                return options with { Denial = Limits(option, options.Denial) };
            case "prefetch":
                return options with { Prefetch = Prefetch(option) };
            case "serve_stale":
                return Stale(option, options);
            case "servfail":
                CorefileWord duration = option.Single("a duration");
                TimeSpan failure = duration.Duration("servfail");
                return failure <= LongestServerFailure
                    ? options with { ServerFailure = failure }
                    : throw duration.Error($"servfail is {duration.Text}: at most 5m (RFC 2308, section 7.1)");
            case "disable":
                return Disable(option, options);
            case "keepttl" or "prefetch_concurrency":
                source.Warnings.Add(option.Name.Warning($"cache: {option.Name.Text} is ignored: {(option.Name.Text == "keepttl"
                    ? "clients are told how long an answer still lives"
                    : "prefetches share the bound of forwarded questions")}"));
                return options;
            default:
                throw directive.UnknownOption(option, "success", "denial", "prefetch", "serve_stale", "servfail", "disable");
        }
    }

    private static CacheLimits Limits(Directive option, CacheLimits limits)
    {
        ImmutableArray<CorefileWord> arguments = option.Arguments;
        if (arguments.Length is 0 or > 3)
        {
            throw option.Error("takes CAPACITY [TTL] [MINTTL]");
        }

        limits = limits with { Capacity = arguments[0].Integer("the capacity", 0, 10_000_000) };
        if (arguments.Length > 1)
        {
            limits = Bounded(limits, TimeSpan.FromSeconds(arguments[1].Integer("the longest time to live", 1, 86400 * 7)));
        }

        if (arguments.Length > 2)
        {
            TimeSpan least = TimeSpan.FromSeconds(arguments[2].Integer("the shortest time to live", 0, 86400 * 7));
            limits = least <= limits.MaximumTtl
                ? limits with { MinimumTtl = least }
                : throw arguments[2].Error($"the shortest time to live ({arguments[2].Text} s) is longer than the longest ({arguments[1].Text} s)");
        }

        return limits;
    }

    private static PrefetchOptions Prefetch(Directive option)
    {
        ImmutableArray<CorefileWord> arguments = option.Arguments;
        if (arguments.Length is 0 or > 3)
        {
            throw option.Error("takes AMOUNT [DURATION [PERCENTAGE%]]");
        }

        int percentage = 10;
        if (arguments.Length > 2)
        {
            CorefileWord word = arguments[2];
            percentage = word.Text.EndsWith('%')
                ? (word with { Text = word.Text[..^1] }).Integer("prefetch's percentage", 10, 90)
                : throw word.Error($"prefetch's percentage is '{word.Text}': write {word.Text}%, from 10% to 90%");
        }

        return new(
            arguments[0].Integer("prefetch's amount"),
            arguments.Length > 1 ? arguments[1].Duration("prefetch's duration") : TimeSpan.FromMinutes(1),
            percentage);
    }

    private static CacheOptions Stale(Directive option, CacheOptions options)
    {
        ImmutableArray<CorefileWord> arguments = option.Arguments;
        if (arguments.Length > 2)
        {
            throw option.Error("takes [DURATION] [immediate|verified]");
        }

        return options with
        {
            ServeStale = arguments.Length > 0 ? arguments[0].Duration("serve_stale's duration") : TimeSpan.FromHours(1),
            VerifiesStale = arguments.Length > 1 && arguments[1].Text switch
            {
                "verified" => true,
                "immediate" => false,
                _ => throw arguments[1].Error($"serve_stale's mode is '{arguments[1].Text}': write immediate or verified"),
            },
        };
    }

    private static CacheOptions Disable(Directive option, CacheOptions options)
    {
        if (option.Arguments.IsEmpty)
        {
            throw option.Error("says which: success or denial, and for which zones");
        }

        CorefileWord which = option.Arguments[0];
        ImmutableArray<DnsName> zones = Plugins.ZonesOf(option.Arguments.AsSpan()[1..], options.Zones);
        return which.Text switch
        {
            "success" => options with { SuccessDisabled = options.SuccessDisabled.AddRange(zones) },
            "denial" => options with { DenialDisabled = options.DenialDisabled.AddRange(zones) },
            _ => throw which.Error($"disable knows success and denial, not '{which.Text}'"),
        };
    }
}
