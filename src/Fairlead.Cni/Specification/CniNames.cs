namespace Fairlead.Cni;

/// <summary>Which texts the specification allows as names.</summary>
public static class CniNames
{
    /// <summary>IFNAMSIZ − 1, linux/if.h.</summary>
    private const int LongestInterfaceName = 15;

    /// <summary>A container id or a network's name: a letter or digit, then letters, digits, '_', '.' and '-'.</summary>
    public static bool IsIdentifier(string text)
    {
        if (text.Length == 0 || !char.IsAsciiLetterOrDigit(text[0]))
        {
            return false;
        }

        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>An interface's name: 1 to 15 characters, not "." or "..", without '/', ':' and white space.</summary>
    public static bool IsInterfaceName(string text)
    {
        if (text.Length is 0 or > LongestInterfaceName || text is "." or "..")
        {
            return false;
        }

        foreach (char c in text)
        {
            if (c is '/' or ':' || char.IsWhiteSpace(c) || char.IsControl(c))
            {
                return false;
            }
        }

        return true;
    }
}
