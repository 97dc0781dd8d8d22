using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Auth;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Resources;
using Fairlead.ControlPlane.Selectors;
using Fairlead.ControlPlane.Storage;

namespace Fairlead.ControlPlane.Authorization;

/// <summary>
/// Role-based access control from the stored roles and bindings (--authorization-mode=RBAC). They are compiled when one of them has
/// changed; a decision walks the bindings of its namespace and of the cluster, and sees every write that was acknowledged before it.
/// </summary>
internal sealed class RoleAuthorizer : IAuthorizer
{
    private const string Group = "rbac.authorization.k8s.io";
    private readonly ObjectStore _store;
    private readonly Collection _clusterRoles, _roles, _clusterBindings, _bindings;
    private volatile Compiled? _compiled;

    public RoleAuthorizer(ObjectStore store, ResourceRegistry registry)
    {
        _store = store;
        Collection Open(string plural) => registry.Find(Group, "v1", plural)!.Collection!;
        _clusterRoles = Open("clusterroles");
        _roles = Open("roles");
        _clusterBindings = Open("clusterrolebindings");
        _bindings = Open("rolebindings");
    }

    public Decision Decide(RequestAttributes request)
    {
        // The way back in when a binding was lost: administrators need no rule.
        if (request.User.Groups.Contains("system:masters"))
        {
            return new(true);
        }

        var policy = Current();
        foreach (var binding in policy.Bindings(request.Resource.Length == 0 ? "" : request.Namespace))
        {
            if (binding.Subjects.FirstOrDefault(subject => subject.Is(request.User)) is { } subject && binding.Rules.Any(rule => rule.Allows(request)))
            {
                return new(true, $"RBAC: allowed by {binding.Name} of {binding.Role} to {subject}");
            }
        }

        return new(false);
    }

    public IEnumerable<PolicyRule> Rules(UserInfo user, string ns) => user.Groups.Contains("system:masters")
        ? new AlwaysAllow().Rules(user, ns)
        : Current().Bindings(ns).Where(binding => binding.Subjects.Any(subject => subject.Is(user))).SelectMany(binding => binding.Rules);

    private Compiled Current()
    {
        var version = _store.Locked(() => (_clusterRoles.EndOfEvents, _roles.EndOfEvents, _clusterBindings.EndOfEvents, _bindings.EndOfEvents));
        var known = _compiled;
        if (known is not null && known.Version == version)
        {
            return known;
        }

        return _compiled = Compile(version);
    }

    private Compiled Compile((long, long, long, long) version)
    {
        List<JsonObject> Read(Collection collection) => [.. _store.List(collection, null).Items.Select(item => KubernetesJson.ParseObject(item.Json))];
        var clusterRoles = Read(_clusterRoles);
        Dictionary<string, PolicyRule[]> rules = clusterRoles.ToDictionary(role => "ClusterRole/" + role.StringAt("metadata", "name"), role => Rules(role, clusterRoles));
        foreach (var role in Read(_roles))
        {
            rules[$"Role/{role.StringAt("metadata", "namespace")}/{role.StringAt("metadata", "name")}"] = PolicyRule.Read(role);
        }

        var bindings = Read(_clusterBindings).Concat(Read(_bindings)).Select(binding => Bind(binding, rules)).ToLookup(pair => pair.Namespace, pair => pair.Binding);
        return new Compiled(version, bindings);
    }

    /// <summary>A role's own rules, and those of the roles that it aggregates, which may do the same.</summary>
    private static PolicyRule[] Rules(JsonObject role, List<JsonObject> all, int depth = 0)
    {
        const int DeepestAggregation = 4;
        var selectors = role.ObjectsAt("aggregationRule", "clusterRoleSelectors").Select(LabelSelector.FromObject).ToList();
        if (selectors.Count == 0 || depth == DeepestAggregation)
        {
            return PolicyRule.Read(role);
        }

        var parts = all.Where(other => other != role && selectors.Exists(selector => selector.Matches(label => other.StringAt("metadata", "labels", label))));
        return [.. PolicyRule.Read(role), .. parts.SelectMany(part => Rules(part, all, depth + 1))];
    }

    private static (string Namespace, Binding Binding) Bind(JsonObject binding, Dictionary<string, PolicyRule[]> rules)
    {
        var ns = binding.StringAt("metadata", "namespace") ?? "";
        var name = binding.StringAt("metadata", "name");
        var kind = binding.StringAt("roleRef", "kind");
        var role = binding.StringAt("roleRef", "name");
        return (ns, new Binding(
            ns.Length == 0 ? $"ClusterRoleBinding \"{name}\"" : $"RoleBinding \"{name}/{ns}\"",
            $"{kind} \"{role}\"",
            [.. binding.ObjectsAt("subjects").Select(subject => Subject.Read(subject, ns))],
            rules.GetValueOrDefault(kind == "Role" ? $"Role/{ns}/{role}" : $"ClusterRole/{role}", [])));
    }

    private sealed record Compiled((long, long, long, long) Version, ILookup<string, Binding> All)
    {
        /// <summary>The bindings that hold everywhere and those of a namespace.</summary>
        public IEnumerable<Binding> Bindings(string ns) => ns.Length == 0 ? All[""] : All[""].Concat(All[ns]);
    }

    private sealed record Binding(string Name, string Role, Subject[] Subjects, PolicyRule[] Rules);

    private sealed record Subject(string Kind, string Name, string Shown)
    {
        public static Subject Read(JsonObject subject, string bindingNamespace)
        {
            var kind = subject.StringAt("kind") ?? "";
            var name = subject.StringAt("name") ?? "";
            if (kind != "ServiceAccount")
            {
                return new Subject(kind, name, $"{kind} \"{name}\"");
            }

            var ns = subject.StringAt("namespace") is { Length: > 0 } named ? named : bindingNamespace;
            return new Subject(kind, $"system:serviceaccount:{ns}:{name}", $"ServiceAccount \"{name}/{ns}\"");
        }

        public bool Is(UserInfo user) => Kind == "Group" ? user.Groups.Contains(Name) : Name == user.Name;

        public override string ToString() => Shown;
    }
}
