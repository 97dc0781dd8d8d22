using System.Collections.ObjectModel;
using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>What every object has: name, labels, owners, version. Strings that the API left out are empty here; empty ones are not written.</summary>
/// <remarks>meta.k8s.io/v1 ObjectMeta, without managedFields: the server's bookkeeping, which no patch of ours has to repeat.</remarks>
public sealed record ObjectMeta
{
    internal static ObjectMeta Empty { get; } = new();

    public string Name { get; init => field = value ?? ""; } = "";

    public string GenerateName { get; init => field = value ?? ""; } = "";

    [JsonConverter(typeof(SharedStringConverter))]
    public string Namespace { get; init => field = value ?? ""; } = "";

    public string Uid { get; init => field = value ?? ""; } = "";

    public string ResourceVersion { get; init => field = value ?? ""; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Generation { get; init; }

    public DateTimeOffset? CreationTimestamp { get; init; }

    public DateTimeOffset? DeletionTimestamp { get; init; }

    public long? DeletionGracePeriodSeconds { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init => field = value ?? ReadOnlyDictionary<string, string>.Empty; } = ReadOnlyDictionary<string, string>.Empty;

    public IReadOnlyDictionary<string, string> Annotations { get; init => field = value ?? ReadOnlyDictionary<string, string>.Empty; } = ReadOnlyDictionary<string, string>.Empty;

    public IReadOnlyList<OwnerReference> OwnerReferences { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> Finalizers { get; init => field = value ?? []; } = [];

    /// <summary>Where the object is in an informer's cache.</summary>
    [JsonIgnore]
    public ObjectKey Key => new(Namespace, Name);

    /// <summary>The owner that manages the object, if any.</summary>
    [JsonIgnore]
    public OwnerReference? Controller
    {
        get
        {
            foreach (OwnerReference owner in OwnerReferences)
            {
                if (owner.Controller == true)
                {
                    return owner;
                }
            }

            return null;
        }
    }

    /// <summary>Whether the object was asked to go.</summary>
    [JsonIgnore]
    public bool IsDeleting => DeletionTimestamp is not null;

    /// <summary>Only what tells the object, and this version of it, from others.</summary>
    [JsonIgnore]
    public ObjectMeta Identity => new() { Name = Name, Namespace = Namespace, Uid = Uid, ResourceVersion = ResourceVersion };

    /// <summary>Whether the object with this UID manages this one.</summary>
    public bool IsControlledBy(string uid) => uid.Length > 0 && Controller?.Uid == uid;
}

/// <summary>An object that this one belongs to; when all owners are gone, the garbage collector deletes it.</summary>
/// <remarks>meta.k8s.io/v1 OwnerReference.</remarks>
public sealed record OwnerReference
{
    [JsonConverter(typeof(SharedStringConverter))]
    public string ApiVersion { get; init => field = value ?? ""; } = "";

    [JsonConverter(typeof(SharedStringConverter))]
    public string Kind { get; init => field = value ?? ""; } = "";

    public string Name { get; init => field = value ?? ""; } = "";

    public string Uid { get; init => field = value ?? ""; } = "";

    public bool? Controller { get; init; }

    public bool? BlockOwnerDeletion { get; init; }

    /// <summary>A reference that makes <paramref name="owner"/> the manager of another object.</summary>
    /// <param name="owner">An object that exists (its UID is needed).</param>
    public static OwnerReference ControlledBy(IKubernetesObject owner) => new()
    {
        ApiVersion = owner.ApiVersion,
        Kind = owner.Kind,
        Name = owner.Metadata.Name,
        Uid = owner.Metadata.Uid,
        Controller = true,
        BlockOwnerDeletion = true,
    };
}

/// <summary>Namespace and name; the namespace is empty for objects of the whole cluster.</summary>
public readonly record struct ObjectKey(string Namespace, string Name) : IComparable<ObjectKey>
{
    /// <summary>Orders by namespace, then name, both ordinal.</summary>
    public int CompareTo(ObjectKey other)
    {
        int byNamespace = string.CompareOrdinal(Namespace, other.Namespace);
        return byNamespace != 0 ? byNamespace : string.CompareOrdinal(Name, other.Name);
    }

    /// <summary>Orders by namespace, then name.</summary>
    public static bool operator <(ObjectKey left, ObjectKey right) => left.CompareTo(right) < 0;

    /// <summary>Orders by namespace, then name.</summary>
    public static bool operator >(ObjectKey left, ObjectKey right) => left.CompareTo(right) > 0;

    /// <summary>Orders by namespace, then name.</summary>
    public static bool operator <=(ObjectKey left, ObjectKey right) => left.CompareTo(right) <= 0;

    /// <summary>Orders by namespace, then name.</summary>
    public static bool operator >=(ObjectKey left, ObjectKey right) => left.CompareTo(right) >= 0;

    /// <summary><c>namespace/name</c>, or the name alone.</summary>
    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
