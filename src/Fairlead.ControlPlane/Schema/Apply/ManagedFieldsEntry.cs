using System.Globalization;
using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Schema.Apply;

/// <summary>Who owns fields: the same manager is another owner through another operation, version or subresource.</summary>
internal sealed record FieldOwner(string Manager, bool Applies, string ApiVersion, string Subresource)
{
    /// <summary>Appliers keep what they own across versions.</summary>
    public FieldOwner Identity => Applies ? this with { ApiVersion = "" } : this;

    /// <summary>As conflicts name it.</summary>
    public string Show()
    {
        string text = GoText.Quote(Manager) + (Subresource.Length > 0 ? $" with subresource {GoText.Quote(Subresource)}" : "");
        return Applies ? text : $"{text} using {ApiVersion}";
    }
}

/// <summary>What an owner owns, and since when.</summary>
internal sealed record OwnedFields(FieldOwner Owner, FieldSet Fields, string? Time);

/// <summary><c>metadata.managedFields</c>, read and written.</summary>
internal sealed class ManagedFieldsList
{
    private readonly Dictionary<FieldOwner, OwnedFields> _owned = [];

    public int Count => _owned.Count;

    /// <summary>All owners, in an order that does not change from run to run.</summary>
    public IEnumerable<OwnedFields> All => _owned.Values.OrderBy(static o => o.Owner.Manager, StringComparer.Ordinal)
        .ThenBy(static o => o.Owner.Applies).ThenBy(static o => o.Owner.ApiVersion, StringComparer.Ordinal).ThenBy(static o => o.Owner.Subresource, StringComparer.Ordinal);

    /// <summary>Reads a list; null when it is malformed.</summary>
    public static ManagedFieldsList? Parse(JsonNode? json)
    {
        ManagedFieldsList list = new();
        foreach (JsonNode? node in json as JsonArray ?? [])
        {
            if (node is not JsonObject entry
                || JsonValues.Text(entry["operation"]) is not ("Apply" or "Update")
                || JsonValues.Text(entry["apiVersion"]) is not { Length: > 0 } apiVersion
                || JsonValues.Text(entry["fieldsType"]) != "FieldsV1")
            {
                return null;
            }

            FieldOwner owner = new(
                JsonValues.Text(entry["manager"]) ?? "", JsonValues.Text(entry["operation"]) == "Apply", apiVersion, JsonValues.Text(entry["subresource"]) ?? "");
            try
            {
                list.Set(owner, FieldSet.Parse(entry["fieldsV1"]), JsonValues.Text(entry["time"]));
            }
            catch (FormatException)
            {
                return null;
            }
        }

        return list;
    }

    public FieldSet Find(FieldOwner owner) => _owned.TryGetValue(owner.Identity, out OwnedFields? owned) ? owned.Fields : FieldSet.Empty;

    public string? Time(FieldOwner owner) => _owned.TryGetValue(owner.Identity, out OwnedFields? owned) ? owned.Time : null;

    /// <summary>Sets what an owner owns; nothing takes it off the list.</summary>
    public void Set(FieldOwner owner, FieldSet fields, string? time)
    {
        if (fields.IsEmpty)
        {
            _owned.Remove(owner.Identity);
        }
        else
        {
            _owned[owner.Identity] = new OwnedFields(owner, fields, time);
        }
    }

    public ManagedFieldsList Copy()
    {
        ManagedFieldsList copy = new();
        foreach ((FieldOwner identity, OwnedFields owned) in _owned)
        {
            copy._owned[identity] = owned;
        }

        return copy;
    }

    /// <summary>Writes the list: appliers first, then by time, manager, version and subresource. Null for an empty one.</summary>
    public JsonArray? ToJson()
    {
        if (_owned.Count == 0)
        {
            return null;
        }

        JsonArray list = [];
        foreach (OwnedFields owned in All.OrderBy(static o => o.Owner.Applies ? 0 : 1).ThenBy(static o => o.Time ?? "", StringComparer.Ordinal))
        {
            JsonObject entry = new()
            {
                ["manager"] = owned.Owner.Manager,
                ["operation"] = owned.Owner.Applies ? "Apply" : "Update",
                ["apiVersion"] = owned.Owner.ApiVersion,
            };
            if (owned.Time is not null)
            {
                entry["time"] = owned.Time;
            }

            entry["fieldsType"] = "FieldsV1";
            entry["fieldsV1"] = owned.Fields.ToJson();
            if (owned.Owner.Subresource.Length > 0)
            {
                entry["subresource"] = owned.Owner.Subresource;
            }

            list.Add((JsonNode)entry);
        }

        return list;
    }

    /// <summary>Too many updaters share one entry per version, the oldest first.</summary>
    public void CapUpdaters(int most)
    {
        List<OwnedFields> updaters = [.. All.Where(static o => !o.Owner.Applies).OrderBy(static o => o.Time ?? "", StringComparer.Ordinal)];
        int count = updaters.Count;
        Dictionary<string, OwnedFields?> firsts = new(StringComparer.Ordinal);
        foreach (OwnedFields owned in updaters)
        {
            if (count <= most)
            {
                return;
            }

            string version = owned.Owner.ApiVersion;
            if (!firsts.TryGetValue(version, out OwnedFields? first))
            {
                firsts[version] = owned;
                continue;
            }

            FieldOwner bucket = new("ancient-changes", false, version, "");
            FieldSet fields = Find(bucket);
            if (first is not null && first.Owner != bucket)
            {
                _owned.Remove(first.Owner.Identity);
                fields = fields.Union(first.Fields);
                firsts[version] = null;
            }

            _owned.Remove(owned.Owner.Identity);
            Set(bucket, fields.Union(owned.Fields), owned.Time);
            count--;
        }
    }

    /// <summary>The time of an entry that is written now.</summary>
    public static string Now(DateTimeOffset now) => now.UtcDateTime.ToString(GoTime.Seconds, CultureInfo.InvariantCulture);
}
