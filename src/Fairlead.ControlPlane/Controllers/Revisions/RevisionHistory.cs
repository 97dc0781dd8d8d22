using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Revisions;

/// <summary>The past templates of a daemon set or stateful set, kept as ControllerRevisions; kubectl rollout history and undo read them.</summary>
internal sealed class RevisionHistory
{
    public const string HashLabel = "controller-revision-hash";
    private const int DefaultLimit = 10;

    private readonly ControllerContext _context;
    private readonly Informer<ControllerRevision> _revisions;

    public RevisionHistory(ControllerContext context)
    {
        _context = context;
        _revisions = context.Informer<ControllerRevision>();
    }

    public Informer<ControllerRevision> Informer => _revisions;

    /// <summary>The revisions of an owner, oldest first.</summary>
    public IReadOnlyList<ControllerRevision> Of(IKubernetesObject owner) =>
        [.. _revisions.ListNamespace(owner.Metadata.Namespace).Where(revision => revision.Metadata.IsControlledBy(owner.Metadata.Uid)).OrderBy(revision => revision.Revision)];

    /// <summary>The revision of a template: an old one that is the newest again, or a new one.</summary>
    /// <param name="owner">The set.</param>
    /// <param name="template">Its template now.</param>
    /// <param name="collisions">How often a name was taken.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<ControllerRevision> EnsureAsync(IKubernetesObject owner, PodTemplateSpec template, int collisions, CancellationToken cancellationToken)
    {
        IReadOnlyList<ControllerRevision> history = Of(owner);
        long newest = history.Count == 0 ? 0 : history[^1].Revision;
        string hash = TemplateHash.Of(template, collisions);
        ControllerRevision? known = history.LastOrDefault(revision => Template(revision) is { } past && TemplateHash.Same(past, template));
        if (known is not null)
        {
            if (known.Revision < newest)
            {
                known = await _context.Client.UpdateAsync(known, known with { Revision = newest + 1 }, null, cancellationToken).ConfigureAwait(false) ?? known;
                _revisions.Observe(known);
            }

            return known;
        }

        ControllerRevision created = new()
        {
            Metadata = new ObjectMeta
            {
                Name = $"{owner.Metadata.Name}-{hash}",
                Namespace = owner.Metadata.Namespace,
                Labels = new Dictionary<string, string>(template.Metadata.Labels) { [HashLabel] = hash },
                OwnerReferences = [OwnerReference.ControlledBy(owner)],
            },
            Data = Data(template),
            Revision = newest + 1,
        };
        try
        {
            created = await _context.Client.CreateAsync(created, cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesException e) when (e.IsAlreadyExists)
        {
            ControllerRevision existing = await _context.Client.GetAsync<ControllerRevision>(created.Metadata.Key, cancellationToken).ConfigureAwait(false);
            if (!existing.Metadata.IsControlledBy(owner.Metadata.Uid) || Template(existing) is not { } past || !TemplateHash.Same(past, template))
            {
                return await EnsureAsync(owner, template, collisions + 1, cancellationToken).ConfigureAwait(false);
            }

            created = existing;
        }

        _revisions.Observe(created);
        return created;
    }

    /// <summary>The hash by which pods say which revision they are of.</summary>
    public static string Hash(ControllerRevision revision) => revision.Metadata.Labels.GetValueOrDefault(HashLabel) ?? revision.Metadata.Name;

    /// <summary>The template that a revision holds.</summary>
    public static PodTemplateSpec? Template(ControllerRevision revision)
    {
        if (revision.Data is not { ValueKind: JsonValueKind.Object } data
            || !data.TryGetProperty("spec", out JsonElement spec)
            || !spec.TryGetProperty("template", out JsonElement template)
            || template.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        JsonObject json = JsonObject.Create(template)!.DeepClone().AsObject();
        json.Remove("$patch");
        return PodTemplateSpec.FromJson(json);
    }

    /// <summary>Deletes the oldest revisions that no pod has, beyond the limit.</summary>
    public async Task TruncateAsync(IKubernetesObject owner, int? limit, IReadOnlySet<string> live, CancellationToken cancellationToken)
    {
        ControllerRevision[] idle = [.. Of(owner).Where(revision => !live.Contains(Hash(revision)) && !_revisions.IsDeleting(revision))];
        foreach (ControllerRevision revision in idle.Take(Math.Max(idle.Length - (limit ?? DefaultLimit), 0)))
        {
            try
            {
                await _context.Client.DeleteAsync<ControllerRevision>(revision.Metadata.Key, null, cancellationToken).ConfigureAwait(false);
                _revisions.ObserveDelete(revision);
            }
            catch (KubernetesException e) when (e.IsNotFound)
            {
                // Gone already.
            }
        }
    }

    /// <summary>A patch that puts the template back: what kubectl rollout undo sends.</summary>
    private static JsonElement Data(PodTemplateSpec template)
    {
        JsonObject json = template.ToJson();
        json["$patch"] = "replace";
        JsonObject data = new() { ["spec"] = new JsonObject { ["template"] = json } };
        return JsonSerializer.SerializeToElement(data, KubernetesJson.TypeInfo<JsonObject>());
    }
}
