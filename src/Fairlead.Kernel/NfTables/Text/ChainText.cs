using Fairlead.Kernel.NfTables.Wire;

namespace Fairlead.Kernel.NfTables.Text;

/// <summary>Writes what a chain is, without its rules.</summary>
internal static class ChainText
{
    internal static IEnumerable<string> Properties(Chain chain)
    {
        if (chain.Base is { } hooked)
        {
            string device = hooked.Device is { } name ? $" device {NftWords.Quote(name)}" : "";
            yield return $"type {ObjectEncoder.Type(hooked.Type)} hook {NftWords.Of(hooked.Hook)}{device} priority {hooked.Priority}";
            yield return $"policy {NftWords.Of(hooked.Policy)}";
        }

        if (chain.Comment is { } comment)
        {
            yield return $"comment {NftWords.Quote(comment)}";
        }
    }
}

/// <summary>Writes what a named object is, with its state.</summary>
internal static class ObjectText
{
    internal static IEnumerable<string> Properties(StatefulObject named)
    {
        // Within the object's own braces nft leaves out the word for its kind.
        string text = StatementText.Write(named.Content);
        string kind = $"{NftWords.Of(named.Type)} ";
        yield return text.StartsWith(kind, StringComparison.Ordinal) ? text[kind.Length..] : text;
        if (named.Comment is { } comment)
        {
            yield return $"comment {NftWords.Quote(comment)}";
        }
    }
}
