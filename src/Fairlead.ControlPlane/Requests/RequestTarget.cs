namespace Fairlead.ControlPlane.Requests;

/// <summary>
/// Where a path of /api or /apis points (apiserver, endpoints/request/requestinfo.go). <see cref="Plural"/> is empty for the group
/// version itself, <see cref="Version"/> for the group.
/// </summary>
internal sealed record RequestTarget(string Group, string Version, string Plural, string Namespace, string Name, string Subresource, string Rest, bool WatchPath)
{
    /// <summary>Null when the path is none of the API's.</summary>
    public static RequestTarget? Parse(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        string group, version;
        int next;
        switch (parts)
        {
            case ["api", ..]:
                group = "";
                version = parts.Length > 1 ? parts[1] : "";
                next = 2;
                break;
            case ["apis", ..]:
                group = parts.Length > 1 ? parts[1] : "";
                version = parts.Length > 2 ? parts[2] : "";
                next = 3;
                break;
            default:
                return null;
        }

        string Part(int index) => next + index < parts.Length ? parts[next + index] : "";
        var watch = Part(0) == "watch" && parts.Length > next + 1;
        if (watch)
        {
            next++;
        }

        var ns = "";
        if (Part(0) == "namespaces" && Part(2) is not ("" or "status" or "finalize"))
        {
            ns = Part(1);
            next += 2;
        }
        else if (Part(0) == "namespaces" && Part(1).Length > 0)
        {
            // The namespace itself; its requests are in it, too.
            return new(group, version, "namespaces", "", Part(1), Part(2), "", watch);
        }

        return new(group, version, Part(0), ns, Part(1), Part(2), After(path, next + 3), watch);
    }

    /// <summary>What follows the given number of path parts, as it was sent, with its leading slash; for proxies.</summary>
    private static string After(string path, int parts)
    {
        var position = 0;
        while (position < path.Length)
        {
            while (position < path.Length && path[position] == '/')
            {
                position++;
            }

            if (parts-- == 0)
            {
                return path[(position - 1)..];
            }

            while (position < path.Length && path[position] != '/')
            {
                position++;
            }
        }

        return parts >= 0 && path.EndsWith('/') ? "/" : "";
    }
}
