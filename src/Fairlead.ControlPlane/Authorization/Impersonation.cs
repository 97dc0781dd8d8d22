using Fairlead.ControlPlane.Auth;
using Fairlead.ControlPlane.Requests;
using Microsoft.AspNetCore.Http;

namespace Fairlead.ControlPlane.Authorization;

/// <summary>Acting as somebody else (headers Impersonate-User and Impersonate-Group, <c>kubectl --as</c>), for who may "impersonate" users and groups.</summary>
internal static class Impersonation
{
    private const string ServiceAccount = "system:serviceaccount:";

    /// <summary>The user that the request is to be handled for.</summary>
    public static UserInfo Apply(UserInfo user, HttpRequest request, IAuthorizer authorizer)
    {
        var name = request.Headers["Impersonate-User"].ToString();
        string[] groups = [.. request.Headers["Impersonate-Group"].OfType<string>()];
        if (name.Length == 0)
        {
            return groups.Length == 0 ? user : throw StatusException.Internal("requested []v1.ObjectReference without impersonating a user");
        }

        var account = name.StartsWith(ServiceAccount, StringComparison.Ordinal) ? name[ServiceAccount.Length..].Split(':') : [];
        Require(account is [var ns, var accountName]
            ? new RequestAttributes(user, "impersonate", "", "serviceaccounts", "", ns, accountName, "")
            : new RequestAttributes(user, "impersonate", "", "users", "", "", name, ""));
        foreach (var group in groups)
        {
            Require(new RequestAttributes(user, "impersonate", "", "groups", "", "", group, ""));
        }

        if (groups.Length == 0 && account is [var home, _])
        {
            groups = ["system:serviceaccounts", $"system:serviceaccounts:{home}"];
        }

        var everyone = name == UserInfo.Anonymous.Name ? "system:unauthenticated" : "system:authenticated";
        return new UserInfo(name, groups.Contains(everyone) ? groups : [.. groups, everyone]);

        void Require(RequestAttributes wanted)
        {
            if (!authorizer.Decide(wanted).Allowed)
            {
                throw wanted.Refusal();
            }
        }
    }
}
