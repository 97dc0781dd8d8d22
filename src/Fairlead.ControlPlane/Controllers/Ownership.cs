using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers;

/// <summary>Which objects an owner has, should take, and should let go.</summary>
/// <param name="Owned">Controlled by the owner and selected.</param>
/// <param name="Adopt">Selected, and controlled by nobody.</param>
/// <param name="Release">Controlled by the owner, and no longer selected.</param>
/// <typeparam name="T">The kind that is owned.</typeparam>
internal sealed record Claims<T>(IReadOnlyList<T> Owned, IReadOnlyList<T> Adopt, IReadOnlyList<T> Release)
    where T : class, IKubernetesObject<T>;

/// <summary>Ownership by controller references and selectors.</summary>
internal static class Ownership
{
    public static Claims<T> Sort<T>(IKubernetesObject owner, LabelSelector selector, IEnumerable<T> candidates)
        where T : class, IKubernetesObject<T>
    {
        List<T> owned = [], adopt = [], release = [];
        foreach (T candidate in candidates)
        {
            bool selected = selector.Matches(candidate.Metadata.Labels);
            if (candidate.Metadata.Controller is { } controller)
            {
                if (controller.Uid != owner.Metadata.Uid)
                {
                    continue;
                }

                if (selected || owner.Metadata.IsDeleting)
                {
                    owned.Add(candidate);
                }
                else
                {
                    release.Add(candidate);
                }
            }
            else if (selected && !owner.Metadata.IsDeleting && !candidate.Metadata.IsDeleting)
            {
                adopt.Add(candidate);
            }
        }

        return new Claims<T>(owned, adopt, release);
    }

    /// <summary>Writes adoptions and releases; what was adopted belongs to the result.</summary>
    public static async Task<List<T>> ClaimAsync<T>(ControllerContext context, Informer<T> informer, IKubernetesObject owner, LabelSelector selector, IEnumerable<T> candidates, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<T>
    {
        Claims<T> claims = Sort(owner, selector, candidates);
        List<T> owned = [.. claims.Owned];
        foreach (T orphan in claims.Adopt)
        {
            T adopted = await SetOwnersAsync(context, orphan, [.. orphan.Metadata.OwnerReferences, OwnerReference.ControlledBy(owner)], cancellationToken).ConfigureAwait(false);
            informer.Observe(adopted);
            owned.Add(adopted);
        }

        foreach (T stray in claims.Release)
        {
            T released = await SetOwnersAsync(context, stray, [.. stray.Metadata.OwnerReferences.Where(reference => reference.Uid != owner.Metadata.Uid)], cancellationToken).ConfigureAwait(false);
            informer.Observe(released);
        }

        return owned;
    }

    private static Task<T> SetOwnersAsync<T>(ControllerContext context, T item, IReadOnlyList<OwnerReference> owners, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<T>
    {
        JsonObject change = new()
        {
            ["metadata"] = new JsonObject
            {
                ["resourceVersion"] = item.Metadata.ResourceVersion,
                ["ownerReferences"] = JsonSerializer.SerializeToNode(owners, KubernetesJson.TypeInfo<IReadOnlyList<OwnerReference>>()),
            },
        };
        return context.Client.PatchAsync<T>(item.Metadata.Key, Patch.Merge(change), null, cancellationToken);
    }
}
