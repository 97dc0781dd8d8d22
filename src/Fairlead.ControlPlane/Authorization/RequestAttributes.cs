using Fairlead.ControlPlane.Auth;
using Fairlead.ControlPlane.Requests;
using Microsoft.AspNetCore.Http;

namespace Fairlead.ControlPlane.Authorization;

/// <summary>What somebody wants to do, as rules see it (apiserver, authorization/authorizer/interfaces.go).</summary>
/// <param name="User">Who.</param>
/// <param name="Verb">get, list, watch, create, update, patch, delete, deletecollection; get, put, post … for paths that are no resources.</param>
/// <param name="Group">The resource's API group; empty for the core one.</param>
/// <param name="Resource">Its plural; empty when <paramref name="Path"/> is asked for.</param>
/// <param name="Subresource">Empty for the object itself.</param>
/// <param name="Namespace">Empty for cluster-scoped resources and for all namespaces.</param>
/// <param name="Name">Empty for lists and creates.</param>
/// <param name="Path">A path that is no resource's; empty otherwise.</param>
internal sealed record RequestAttributes(UserInfo User, string Verb, string Group, string Resource, string Subresource, string Namespace, string Name, string Path)
{
    /// <summary>The resource as rules name it: <c>pods</c> or <c>pods/log</c>.</summary>
    public string QualifiedResource => Subresource.Length == 0 ? Resource : $"{Resource}/{Subresource}";

    /// <summary>A request for a resource, or for another path.</summary>
    public static RequestAttributes Of(UserInfo user, HttpRequest request, RequestTarget? target)
    {
        if (target is null || target.Plural.Length == 0)
        {
            return OfPath(user, request.Method.ToLowerInvariant(), request.Path.Value ?? "/");
        }

        // A list of the one object of a certain name is a request for that object.
        var name = target.Name.Length > 0 ? target.Name : NameSelected(request.Query["fieldSelector"].ToString());
        var watching = target.WatchPath || request.Query["watch"].ToString() is "1" or "t" or "T" or "TRUE" or "true" or "True";
        var verb = request.Method switch
        {
            "GET" or "HEAD" when target.Subresource.Length == 0 && watching => "watch",
            "GET" or "HEAD" when target.Name.Length == 0 => "list",
            "GET" or "HEAD" => "get",
            "POST" => "create",
            "PUT" => "update",
            "PATCH" => "patch",
            "DELETE" when target.Name.Length == 0 => "deletecollection",
            "DELETE" => "delete",
            var other => other.ToLowerInvariant(),
        };

        // A namespace is in itself, so that its own role bindings can speak of it.
        var ns = target is { Group: "", Plural: "namespaces" } ? target.Name : target.Namespace;
        return new RequestAttributes(user, verb, target.Group, target.Plural, target.Subresource, ns, verb == "create" && target.Subresource.Length == 0 ? "" : name, "");
    }

    public static RequestAttributes OfPath(UserInfo user, string verb, string path) => new(user, verb, "", "", "", "", "", path);

    private static string NameSelected(string selector)
    {
        const string Field = "metadata.name=";
        return selector.StartsWith(Field, StringComparison.Ordinal) && !selector.Contains(',', StringComparison.Ordinal) ? selector[Field.Length..].TrimStart('=') : "";
    }

    /// <summary>The refusal that kube-apiserver gives (apiserver, endpoints/handlers/responsewriters/errors.go).</summary>
    public StatusException Refusal()
    {
        if (Resource.Length == 0)
        {
            return new StatusException(403, "Forbidden", $"forbidden: User \"{User.Name}\" cannot {Verb} path \"{Path}\"", []);
        }

        var where = Namespace.Length > 0 ? $"in the namespace \"{Namespace}\"" : "at the cluster scope";
        var qualified = Group.Length > 0 ? $"{Resource}.{Group}" : Resource;
        var subject = Name.Length > 0 ? $"{qualified} \"{Name}\"" : qualified;
        System.Text.Json.Nodes.JsonObject details = [];
        if (Name.Length > 0)
        {
            details["name"] = Name;
        }

        if (Group.Length > 0)
        {
            details["group"] = Group;
        }

        details["kind"] = Resource;
        return new StatusException(
            403, "Forbidden", $"{subject} is forbidden: User \"{User.Name}\" cannot {Verb} resource \"{QualifiedResource}\" in API group \"{Group}\" {where}", details);
    }
}
