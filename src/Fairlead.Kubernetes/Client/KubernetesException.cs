namespace Fairlead.Kubernetes;

/// <summary>The API refused: what was tried, and what it answered.</summary>
public sealed class KubernetesException : Exception
{
    /// <summary>A refusal.</summary>
    /// <param name="operation">What was tried, such as <c>POST /api/v1/namespaces/default/pods</c>.</param>
    /// <param name="status">What the server answered.</param>
    public KubernetesException(string operation, KubernetesStatus status)
        : base($"{operation}: {status.Message ?? status.Reason ?? "refused"}")
    {
        Operation = operation;
        Status = status;
    }

    /// <summary>What was tried.</summary>
    public string Operation { get; }

    /// <summary>What the server answered, whole.</summary>
    public KubernetesStatus Status { get; }

    /// <summary>The HTTP status code.</summary>
    public int Code => Status.Code ?? 0;

    /// <summary>The word for programs, such as <c>NotFound</c>; empty where the server gave none.</summary>
    public string Reason => Status.Reason ?? "";

    /// <summary>The object does not exist.</summary>
    public bool IsNotFound => Code == 404;

    /// <summary>An object of that name exists already.</summary>
    public bool IsAlreadyExists => Reason == "AlreadyExists";

    /// <summary>Somebody else wrote first, or a precondition does not hold.</summary>
    public bool IsConflict => Code == 409 && !IsAlreadyExists;

    /// <summary>The revision is too old: list again.</summary>
    public bool IsGone => Code == 410 || Reason is "Expired" or "Gone";

    /// <summary>The object is not valid as it is; the same request will fail again.</summary>
    public bool IsInvalid => Code == 422;

    /// <summary>The namespace is on its way out and takes nothing new.</summary>
    public bool IsNamespaceTerminating
    {
        get
        {
            foreach (StatusCause cause in Status.Details?.Causes ?? [])
            {
                if (cause.Reason == "NamespaceTerminating")
                {
                    return true;
                }
            }

            return false;
        }
    }
}
