using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Schema.Apply;

/// <summary>What a write is to field ownership.</summary>
/// <param name="Schema">The kind's schema.</param>
/// <param name="ApiVersion">group/version of the request.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Subresource">Empty for the object itself.</param>
/// <param name="Ignored">Fields that this request can't write: status, or all but status.</param>
/// <param name="Zero">The kind without any field set, which a create starts from.</param>
internal sealed record FieldManagerContext(ApplySchema Schema, string ApiVersion, string Kind, string Subresource, FieldSet Ignored, JsonObject Zero)
{
    private static readonly FieldSet _status = FieldSet.Of("status");
    private static readonly FieldSet _spec = FieldSet.Of("spec");

    /// <summary>The context of a built-in kind.</summary>
    public static FieldManagerContext For(TypeSchema type, string subresource, bool hasStatus) => new(
        ApplySchema.Of(type), type.ApiVersion, type.GoName, subresource, Ignores(subresource, hasStatus), type.ZeroObject);

    /// <summary>The context of a custom kind.</summary>
    public static FieldManagerContext ForCustom(ApplySchema schema, string apiVersion, string kind, string subresource, bool hasStatus) =>
        new(schema, apiVersion, kind, subresource, Ignores(subresource, hasStatus), []);

    private static FieldSet Ignores(string subresource, bool hasStatus) => !hasStatus ? FieldSet.Empty : subresource == "status" ? _spec : _status;
}

/// <summary>
/// Tracks who owns which field, and merges what appliers want (https://kubernetes.io/docs/reference/using-api/server-side-apply/).
/// Knows no storage and no clock; objects come in canonical form.
/// </summary>
internal static class FieldManager
{
    private const int MaxUpdaters = 10;
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    /// <summary>Identity and bookkeeping belong to nobody.</summary>
    private static readonly FieldSet _unowned = FieldSet.Of(
        "apiVersion", "kind", "metadata", "metadata.name", "metadata.namespace", "metadata.creationTimestamp", "metadata.selfLink", "metadata.uid",
        "metadata.clusterName", "metadata.generation", "metadata.managedFields", "metadata.resourceVersion");

    private static readonly FieldSet _managedFields = FieldSet.Of("metadata.managedFields");

    /// <summary>
    /// Records a create, update or patch in <c>metadata.managedFields</c> of the new object: the manager owns what it changed, nobody else does.
    /// To be called after defaulting and before the server fills in fields of its own.
    /// </summary>
    /// <param name="context">The kind and subresource.</param>
    /// <param name="live">The object as stored; null for a create.</param>
    /// <param name="updated">The object as wanted; its managedFields are replaced.</param>
    /// <param name="manager">The field manager's name.</param>
    /// <param name="now">When.</param>
    public static void Update(FieldManagerContext context, JsonObject? live, JsonObject updated, string manager, DateTimeOffset now)
    {
        JsonObject metadata = Metadata(updated);
        JsonNode? sent = metadata["managedFields"];
        JsonNode? stored = live?["metadata"]?["managedFields"];
        ManagedFieldsList managed = Current(sent, stored, context.Subresource.Length > 0);
        metadata.Remove("managedFields");
        if (managed.Count == 0 && live is not null)
        {
            // Nobody was tracked so far: the first apply starts it.
            return;
        }

        Record(context, live ?? context.Zero, updated, managed, new FieldOwner(manager, false, context.ApiVersion, context.Subresource), ManagedFieldsList.Now(now));
        managed.CapUpdaters(MaxUpdaters);
        Store(metadata, managed.ToJson());
        if (live is not null)
        {
            KeepTimesOfUnchanged(live, updated);
        }
    }

    /// <summary>Merges an applied configuration into the live object.</summary>
    /// <param name="context">The kind and subresource.</param>
    /// <param name="live">The object as stored; null when the apply creates it.</param>
    /// <param name="applied">What the applier sent, as it was sent.</param>
    /// <param name="manager">The field manager's name.</param>
    /// <param name="force">Take conflicting fields from their owners.</param>
    /// <param name="now">When.</param>
    /// <returns>The merged object with its managedFields; it must still be decoded and defaulted.</returns>
    /// <exception cref="ApplyConflictException">Others own fields with other values.</exception>
    /// <exception cref="PatchException">The configuration doesn't fit the schema or the request.</exception>
    public static JsonObject Apply(FieldManagerContext context, JsonObject? live, JsonObject applied, string manager, bool force, DateTimeOffset now)
    {
        string apiVersion = JsonValues.Text(applied["apiVersion"]) ?? "";
        string kind = JsonValues.Text(applied["kind"]) ?? "";
        if (apiVersion != context.ApiVersion || kind != context.Kind)
        {
            throw PatchException.BadRequest($"invalid object type: {apiVersion}, Kind={kind}");
        }

        if (applied["metadata"]?["managedFields"] is not null)
        {
            throw PatchException.BadRequest("metadata.managedFields must be nil");
        }

        List<string> errors = TypedValue.Validate(context.Schema, applied);
        if (errors.Count > 0)
        {
            string name = $"{JsonValues.Text(applied["metadata"]?["namespace"])}/{JsonValues.Text(applied["metadata"]?["name"])}; {apiVersion}, Kind={kind}";
            throw PatchException.Internal($"failed to create typed patch object ({name}): {(errors.Count == 1 ? errors[0] : "errors:\n  " + string.Join("\n  ", errors))}");
        }

        try
        {
            return Merge(context, live, applied, manager, force, now);
        }
        catch (ApplyConflictException conflict) when (manager == "kubectl" && live is not null && ClientSideApplied(context, live) is { } allowed)
        {
            List<FieldConflict> left = [.. conflict.Conflicts.Where(c => !allowed.Has(c.Path))];
            return left.Count > 0 ? throw new ApplyConflictException(left) : Merge(context, live, applied, manager, true, now);
        }
    }

    /// <summary>
    /// A write that changes nothing must not look like one: when the objects differ by the times in managedFields alone, the old ones stay.
    /// </summary>
    /// <returns>True when nothing but times had changed.</returns>
    public static bool KeepTimesOfUnchanged(JsonObject live, JsonObject updated)
    {
        JsonObject metadata = Metadata(updated);
        if (live["metadata"]?["managedFields"] is not JsonArray old || metadata["managedFields"] is not JsonArray changed || old.Count != changed.Count)
        {
            return false;
        }

        if (!SameExceptManagedFields(live, updated) || !SameExceptTimes(old, changed))
        {
            return false;
        }

        metadata["managedFields"] = old.DeepClone();
        return true;
    }

    private static JsonObject Merge(FieldManagerContext context, JsonObject? live, JsonObject applied, string manager, bool force, DateTimeOffset now)
    {
        FieldOwner owner = new(manager, true, context.ApiVersion, context.Subresource);
        ManagedFieldsList managed = ManagedFieldsList.Parse(live?["metadata"]?["managedFields"])
            ?? throw PatchException.Internal("failed to decode managed fields");
        JsonObject before = WithoutManagedFields(live ?? context.Zero);
        if (managed.Count == 0 && live is not null)
        {
            Record(context, context.Zero, before, managed, new FieldOwner("before-first-apply", false, context.ApiVersion, context.Subresource), ManagedFieldsList.Now(now));
        }

        FieldSet last = managed.Find(owner);
        FieldSet wanted = TypedValue.ToFieldSet(context.Schema, applied).RecursiveDifference(context.Ignored);
        JsonNode? merged = TypedValue.Merge(context.Schema, before, applied);
        managed.Set(owner, wanted, managed.Time(owner));
        if (!last.IsEmpty)
        {
            merged = Prune(context.Schema, merged, managed, last);
        }

        Comparison changes = TypedValue.Compare(context.Schema, before, merged).Without(context.Ignored);
        Disown(managed, owner, changes, force);
        managed.Set(owner, managed.Find(owner).Difference(_unowned), ManagedFieldsList.Now(now));

        JsonObject result = (JsonObject)merged!;
        JsonObject metadata = Metadata(result);
        if (manager == "kubectl" && metadata["annotations"] is JsonObject annotations && JsonValues.Text(annotations[LastApplied]) is { Length: > 0 })
        {
            annotations[LastApplied] = LastAppliedText(applied);
        }

        Store(metadata, managed.ToJson());
        if (live is not null)
        {
            KeepTimesOfUnchanged(live, result);
        }

        return result;
    }

    /// <summary>
    /// Takes away what this manager applied before and doesn't now, unless someone else owns it, or owns what lies inside.
    /// </summary>
    private static JsonNode? Prune(ApplySchema schema, JsonNode? merged, ManagedFieldsList managed, FieldSet last)
    {
        FieldSet lastNamed = last.WithNamedFields(schema);
        JsonNode? pruned = TypedValue.Remove(schema, merged, lastNamed);
        FieldSet owned = FieldSet.Empty;
        foreach (OwnedFields entry in managed.All)
        {
            owned = owned.Union(entry.Fields);
        }

        FieldSet mergedSet = TypedValue.ToFieldSet(schema, merged).WithNamedFields(schema);
        FieldSet prunedSet = TypedValue.ToFieldSet(schema, pruned).WithNamedFields(schema);
        pruned = TypedValue.Remove(schema, merged, mergedSet.Difference(prunedSet.Union(owned.WithNamedFields(schema))));

        // What this manager never applied was no part of the removal.
        prunedSet = TypedValue.ToFieldSet(schema, pruned).WithNamedFields(schema);
        return TypedValue.Remove(schema, merged, mergedSet.Difference(prunedSet).Intersection(lastNamed));
    }

    private static void Record(FieldManagerContext context, JsonObject live, JsonObject updated, ManagedFieldsList managed, FieldOwner owner, string now)
    {
        Comparison changes = TypedValue.Compare(context.Schema, live, updated).Without(_managedFields).Without(context.Ignored);
        if (changes.IsSame)
        {
            return;
        }

        // The operation itself is nobody yet, so the manager's own earlier entry gives up what it changes now, and gets it back below.
        Disown(managed, null, changes, force: true);
        FieldSet set = changes.Modified.Union(changes.Added).Difference(_unowned);
        if (!set.IsEmpty)
        {
            managed.Set(owner, set.Union(managed.Find(owner)), now);
        }
    }

    private static void Disown(ManagedFieldsList managed, FieldOwner? self, Comparison changes, bool force)
    {
        FieldSet changed = changes.Modified.Union(changes.Added);
        List<FieldConflict> conflicts = [];
        List<(OwnedFields Owned, FieldSet Left)> left = [];
        foreach (OwnedFields owned in managed.All)
        {
            if (self is not null && owned.Owner.Identity == self.Identity)
            {
                continue;
            }

            FieldSet conflict = owned.Fields.Intersection(changed);
            conflicts.AddRange(conflict.Paths().Select(path => new FieldConflict(owned.Owner, path)));
            left.Add((owned, owned.Fields.Difference(conflict).Difference(changes.Removed)));
        }

        if (!force && conflicts.Count > 0)
        {
            throw new ApplyConflictException(conflicts);
        }

        foreach ((OwnedFields owned, FieldSet fields) in left)
        {
            managed.Set(owned.Owner, fields, owned.Time);
        }
    }

    /// <summary>
    /// Fields that <c>kubectl apply</c> set from the client's side and that still have that value: moving to server-side apply takes them over.
    /// </summary>
    private static FieldSet? ClientSideApplied(FieldManagerContext context, JsonObject live)
    {
        if (JsonValues.Text(live["metadata"]?["annotations"]?[LastApplied]) is not { Length: > 0 } text)
        {
            return null;
        }

        try
        {
            if (UntypedJson.Parse(System.Text.Encoding.UTF8.GetBytes(text)) is not JsonObject last || JsonValues.Text(last["apiVersion"]) != context.ApiVersion)
            {
                return null;
            }

            Comparison changes = TypedValue.Compare(context.Schema, last, live);
            return TypedValue.ToFieldSet(context.Schema, last).Difference(changes.Modified).Difference(changes.Added).Difference(changes.Removed);
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static string LastAppliedText(JsonObject applied)
    {
        JsonObject copy = (JsonObject)applied.DeepClone();
        if (copy["metadata"] is JsonObject metadata && metadata["annotations"] is JsonObject annotations)
        {
            annotations.Remove(LastApplied);
        }

        return SortKeys(copy)!.ToJsonString(KubernetesText.Options) + "\n";
    }

    private static JsonNode? SortKeys(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(static p => p.Key, StringComparer.Ordinal).Select(static p => new KeyValuePair<string, JsonNode?>(p.Key, SortKeys(p.Value)))),
        JsonArray list => new JsonArray([.. list.Select(SortKeys)]),
        _ => node?.DeepClone(),
    };

    private static ManagedFieldsList Current(JsonNode? sent, JsonNode? stored, bool subresource)
    {
        if (!subresource && sent is JsonArray list)
        {
            if (list.Count == 0 || (list.Count == 1 && list[0] is JsonObject { Count: 0 }))
            {
                // The documented way to forget all owners.
                return new ManagedFieldsList();
            }

            if (ManagedFieldsList.Parse(list) is { Count: > 0 } own)
            {
                return own;
            }
        }

        return ManagedFieldsList.Parse(stored) ?? new ManagedFieldsList();
    }

    private static JsonObject Metadata(JsonObject value)
    {
        if (value["metadata"] is JsonObject metadata)
        {
            return metadata;
        }

        JsonObject added = [];
        value["metadata"] = added;
        return added;
    }

    private static void Store(JsonObject metadata, JsonArray? managedFields)
    {
        metadata.Remove("managedFields");
        if (managedFields is not null)
        {
            metadata.Add("managedFields", managedFields);
        }
    }

    private static JsonObject WithoutManagedFields(JsonObject value)
    {
        if (value["metadata"] is not JsonObject metadata || !metadata.ContainsKey("managedFields"))
        {
            return value;
        }

        JsonObject copy = (JsonObject)value.DeepClone();
        ((JsonObject)copy["metadata"]!).Remove("managedFields");
        return copy;
    }

    private static bool SameExceptManagedFields(JsonObject left, JsonObject right)
    {
        static int Count(JsonObject map, string ignored) => map.Count - (map.ContainsKey(ignored) ? 1 : 0);
        if (Count(left, "metadata") != Count(right, "metadata") || left["metadata"] is not JsonObject leftMeta || right["metadata"] is not JsonObject rightMeta
            || Count(leftMeta, "managedFields") != Count(rightMeta, "managedFields"))
        {
            return false;
        }

        return left.All(p => p.Key == "metadata" || (right.TryGetPropertyValue(p.Key, out JsonNode? other) && JsonValues.Same(p.Value, other)))
            && leftMeta.All(p => p.Key == "managedFields" || (rightMeta.TryGetPropertyValue(p.Key, out JsonNode? other) && JsonValues.Same(p.Value, other)));
    }

    private static bool SameExceptTimes(JsonArray left, JsonArray right)
    {
        // Times also order the entries, so each is looked for.
        List<JsonObject> others = [.. right.OfType<JsonObject>()];
        foreach (JsonObject entry in left.OfType<JsonObject>())
        {
            int at = others.FindIndex(other => entry.Where(static p => p.Key != "time").All(p => other.TryGetPropertyValue(p.Key, out JsonNode? value) && JsonValues.Same(p.Value, value)));
            if (at < 0)
            {
                return false;
            }

            others.RemoveAt(at);
        }

        return others.Count == 0;
    }
}
