namespace Fairlead.Cni.Plugins.HostLocal;

/// <summary>resolv.conf(5), as far as a result's DNS object has a place for it.</summary>
internal static class ResolvConf
{
    public static CniDns Read(string path)
    {
        try
        {
            return Parse(File.ReadLines(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CniException(CniErrorCode.IoFailure, $"ipam.resolvConf: {exception.Message}", inner: exception);
        }
    }

    public static CniDns Parse(IEnumerable<string> lines)
    {
        List<string> nameservers = [], search = [], options = [];
        string? domain = null;
        foreach (string line in lines)
        {
            string[] fields = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 2 || fields[0][0] is '#' or ';')
            {
                continue;
            }

            switch (fields[0])
            {
                case "nameserver":
                    nameservers.Add(fields[1]);
                    break;
                case "domain":
                    domain = fields[1];
                    break;
                case "search":
                    search.AddRange(fields.AsSpan(1));
                    break;
                case "options":
                    options.AddRange(fields.AsSpan(1));
                    break;
            }
        }

        return new CniDns { Nameservers = nameservers, Domain = domain, Search = search, Options = options };
    }
}
