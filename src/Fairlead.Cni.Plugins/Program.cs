using Fairlead.Cni;
using Fairlead.Cni.Plugins;

// One executable, many names: what it does is said by the name it is called by, or by its first argument.
if (args is ["--list"])
{
    foreach (string plugin in Catalogue.Names)
    {
        Console.WriteLine(plugin);
    }

    return 0;
}

string name = args.Length > 0 ? args[0] : Path.GetFileName(Environment.GetCommandLineArgs()[0]);
if (Catalogue.Create(name) is { } found)
{
    return CniPlugin.Run(found);
}

Console.Error.WriteLine($"fairlead-cni: \"{name}\" is not a plugin. Link this file under a plugin's name ({string.Join(", ", Catalogue.Names)}), or give one as the first argument.");
return 2;
