using Fairlead.ControlPlane.Auth;

namespace Fairlead.ControlPlane.Authorization;

/// <summary>May it be done? The reason says which binding allows it, in kube-apiserver's words.</summary>
internal readonly record struct Decision(bool Allowed, string Reason = "");

/// <summary>Decides who may do what.</summary>
internal interface IAuthorizer
{
    Decision Decide(RequestAttributes request);

    /// <summary>All that a user may do in a namespace, and at paths that are no resources.</summary>
    IEnumerable<PolicyRule> Rules(UserInfo user, string ns);
}

/// <summary>Whoever is authenticated may do everything (--authorization-mode=AlwaysAllow).</summary>
internal sealed class AlwaysAllow : IAuthorizer
{
    private static readonly PolicyRule[] Everything = [new(["*"], ["*"], ["*"], [], []), new(["*"], [], [], [], ["*"])];

    public Decision Decide(RequestAttributes request) => new(true);

    public IEnumerable<PolicyRule> Rules(UserInfo user, string ns) => Everything;
}
