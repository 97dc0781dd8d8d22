using System.Net;
using System.Text.RegularExpressions;

namespace Fairlead.ControlPlane.Resources.Behaviour;

/// <summary>
/// What names may look like, with the sentences of apimachinery's util/validation. Each function gives null for a good value.
/// </summary>
internal static partial class NameSyntax
{
    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    private static partial Regex LabelPattern();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")]
    private static partial Regex SubdomainPattern();

    [GeneratedRegex("^[a-z]([-a-z0-9]*[a-z0-9])?$")]
    private static partial Regex ServicePattern();

    [GeneratedRegex("^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$")]
    private static partial Regex QualifiedPattern();

    [GeneratedRegex("^[-._a-zA-Z0-9]+$")]
    private static partial Regex ConfigKeyPattern();

    public static string? Label(string value) => value.Contains('.') && value.Length <= 63 && SubdomainPattern().IsMatch(value)
        ? "must not contain dots"
        : TooLong(value, 63) ?? (LabelPattern().IsMatch(value)
            ? null
            : "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')");

    public static string? Subdomain(string value) => TooLong(value, 253) ?? (SubdomainPattern().IsMatch(value)
        ? null
        : "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");

    /// <summary>Since 1.36 service names may start with a digit (relaxed to RFC 1123 labels), so only the form of a label counts.</summary>
    public static string? Service(string value) => value.Contains('.') ? "must not contain dots" : Label(value);

    /// <summary>RFC 1035: starts with a letter. Port names of services are not bound by it, container port names are.</summary>
    public static bool IsRfc1035(string value) => value.Length <= 63 && ServicePattern().IsMatch(value);

    public static string? PathSegment(string value) => value switch
    {
        "." or ".." => $"may not be '{value}'",
        _ when value.Contains('/') => "may not contain '/'",
        _ when value.Contains('%') => "may not contain '%'",
        _ => null,
    };

    public static string? Address(string value) => IPAddress.TryParse(value, out var address) && address.ToString() == value
        ? null
        : "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

    /// <summary>A label or annotation key: an optional DNS prefix and a name.</summary>
    public static string? QualifiedName(string value)
    {
        var slash = value.IndexOf('/');
        var name = slash < 0 ? value : value[(slash + 1)..];
        if (slash == 0)
        {
            return "prefix part must be non-empty";
        }

        if (slash > 0 && Subdomain(value[..slash]) is { } prefixProblem)
        {
            return "prefix part " + prefixProblem;
        }

        if (name.Length == 0)
        {
            return "name part must be non-empty";
        }

        if (name.Length > 63)
        {
            return "name part must be no more than 63 bytes";
        }

        return QualifiedPattern().IsMatch(name)
            ? null
            : "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    }

    public static string? LabelValue(string value) => TooLong(value, 63) ?? (value.Length == 0 || QualifiedPattern().IsMatch(value)
        ? null
        : "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')");

    public static string? ConfigKey(string value) => TooLong(value, 253) ?? (value switch
    {
        "." => "must not be '.'",
        ".." => "must not be '..'",
        _ when value.StartsWith("..", StringComparison.Ordinal) => "must not start with '..'",
        _ when !ConfigKeyPattern().IsMatch(value) => "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
        _ => null,
    });

    public static string? Check(NameRule rule, string name) => rule switch
    {
        NameRule.Label => Label(name),
        NameRule.ServiceLabel => Service(name),
        NameRule.PathSegment => PathSegment(name),
        NameRule.IpAddress => Address(name),
        _ => Subdomain(name),
    };

    private static string? TooLong(string value, int maximum) => value.Length > maximum ? $"must be no more than {maximum} bytes" : null;
}
