namespace Fairlead.ControlPlane.Auth;

/// <summary>Who a request comes from.</summary>
internal sealed record UserInfo(string Name, IReadOnlyList<string> Groups, string Uid = "", IReadOnlyDictionary<string, string[]>? Extra = null)
{
    public static readonly UserInfo Anonymous = new("system:anonymous", ["system:unauthenticated"]);

    public bool IsAnonymous => ReferenceEquals(this, Anonymous);
}
