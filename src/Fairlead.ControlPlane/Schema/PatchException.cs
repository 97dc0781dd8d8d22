namespace Fairlead.ControlPlane.Schema;

/// <summary>A patch that can't be applied, with the status that the API answers.</summary>
internal sealed class PatchException(int code, string message) : Exception(message)
{
    /// <summary>What a 422 without causes says: the server's generic answer hides the reason, which goes to the log.</summary>
    public const string Rejected = "the server rejected our request due to an error in our request";

    /// <summary>HTTP status: 400, 413, 422 or 500.</summary>
    public int Code { get; } = code;

    /// <summary>What went wrong, where <see cref="Exception.Message"/> is the generic answer.</summary>
    public string Detail { get; private init; } = message;

    /// <summary>400 with a text of its own.</summary>
    public static PatchException BadRequest(string message) => new(400, message);

    /// <summary>422 with the generic text.</summary>
    public static PatchException Unprocessable(string detail) => new(422, Rejected) { Detail = detail };

    /// <summary>500: Kubernetes has no better status for a patch that contradicts the schema.</summary>
    public static PatchException Internal(string message) => new(500, message);
}
