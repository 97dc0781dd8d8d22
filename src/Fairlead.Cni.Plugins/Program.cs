using Fairlead.Cni;
using Fairlead.Cni.Plugins;

// One executable, many names: what it does is said by the name it is called by, or by its first argument.
string called = Path.GetFileName(Environment.GetCommandLineArgs()[0]);
(string name, string[] options) = args is [var first, .. var rest] && !first.StartsWith('-') ? (first, rest) : (called, args);
if (options is ["--list"])
{
    foreach (string plugin in Catalogue.Names)
    {
        Console.WriteLine(plugin);
    }

    return 0;
}

if (Catalogue.Create(name) is { } found)
{
    if (options is ["--help" or "-h" or "--version"])
    {
        Console.WriteLine($"{name}: a CNI plugin of Fairlead; speaks {string.Join(", ", SpecificationVersion.Supported)}.");
        Console.WriteLine("A runtime starts it with CNI_COMMAND and its like in the environment and a network configuration on standard input.");
        return 0;
    }

    return CniPlugin.Run(found);
}

Console.Error.WriteLine($"fairlead-cni: \"{name}\" is not a plugin. Link this file under a plugin's name ({string.Join(", ", Catalogue.Names)}), or give one as the first argument.");
return 2;
