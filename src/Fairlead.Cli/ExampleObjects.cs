using System.Reflection;
using System.Text.Json.Nodes;
using Fairlead.Kubernetes;

namespace Fairlead.Cli;

/// <summary>The objects of examples/, which travel inside the executable.</summary>
internal static class ExampleObjects
{
    /// <summary>Creates every object of an example, those that name no namespace in <c>default</c>.</summary>
    /// <exception cref="KubernetesException">The server refuses one, or it is there already.</exception>
    public static async Task CreateAsync(KubernetesClient client, string file, CancellationToken cancellationToken)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"examples/{file} is not part of this executable.");
        using var reader = new StreamReader(stream);
        IReadOnlyList<(ResourceDefinition Definition, ApiResource Resource)> known = await client.DiscoverAsync(cancellationToken).ConfigureAwait(false);
        foreach (JsonObject item in KubernetesYaml.ParseAll(await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false)).OfType<JsonObject>())
        {
            string apiVersion = item["apiVersion"]!.GetValue<string>();
            string kind = item["kind"]!.GetValue<string>();
            (ResourceDefinition definition, _) = known.First(entry => entry.Definition.ApiVersion == apiVersion && entry.Resource.Kind == kind);
            await client.SendJsonAsync(HttpMethod.Post, definition.Path(definition.Namespaced ? "default" : null), item, cancellationToken).ConfigureAwait(false);
        }
    }
}
