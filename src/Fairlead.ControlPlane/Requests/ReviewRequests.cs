using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Auth;
using Fairlead.ControlPlane.Authorization;
using Fairlead.ControlPlane.Json;

namespace Fairlead.ControlPlane.Requests;

/// <summary>Questions about who one is and what one may do; they are answered, not stored.</summary>
internal sealed class ReviewRequests(ObjectCodec codec, ServiceAccountTokens tokens, IAuthorizer authorizer, TimeProvider time)
{
    public async Task CreateAsync(RequestContext request)
    {
        var review = codec.Decode(request, await RequestBody.ReadAsync(request.Http));
        review["status"] = request.Resource.Kind switch
        {
            "SelfSubjectReview" => new JsonObject { ["userInfo"] = Describe(request.User) },
            "TokenReview" => ReviewToken(review.StringAt("spec", "token") ?? ""),
            "SelfSubjectRulesReview" => ListRules(request.User, review.StringAt("spec", "namespace") ?? ""),
            "SelfSubjectAccessReview" => Decide(review, request.User),
            _ => Decide(review, new UserInfo(review.StringAt("spec", "user") ?? "", [.. review.StringsAt("spec", "groups")])),
        };
        review.Ensure("metadata").Default("creationTimestamp", ObjectMetadata.Timestamp(time));
        await Answers.WriteNodeAsync(request.Http, 201, review);
    }

    private JsonObject Decide(JsonObject review, UserInfo user)
    {
        RequestAttributes wanted;
        if (review.ObjectAt("spec", "resourceAttributes") is { } resource)
        {
            string Part(string name) => resource.StringAt(name) ?? "";
            wanted = new(user, Part("verb"), Part("group"), Part("resource"), Part("subresource"), Part("namespace"), Part("name"), "");
        }
        else if (review.ObjectAt("spec", "nonResourceAttributes") is { } path)
        {
            wanted = RequestAttributes.OfPath(user, path.StringAt("verb") ?? "", path.StringAt("path") ?? "");
        }
        else
        {
            throw StatusException.Invalid(
                "authorization.k8s.io", review.StringAt("kind") ?? "", "",
                [FieldError.Invalid("spec.resourceAttributes", review.ObjectAt("spec", "nonResourceAttributes"), "exactly one of nonResourceAttributes or resourceAttributes must be specified")]);
        }

        var decision = authorizer.Decide(wanted);
        JsonObject status = new() { ["allowed"] = decision.Allowed };
        if (decision.Reason.Length > 0)
        {
            status["reason"] = decision.Reason;
        }

        return status;
    }

    private JsonObject ListRules(UserInfo user, string ns)
    {
        JsonArray resources = [], paths = [];
        foreach (var rule in authorizer.Rules(user, ns))
        {
            (rule.Paths.Length > 0 ? paths : resources).Put(rule.Describe());
        }

        return new JsonObject { ["resourceRules"] = resources, ["nonResourceRules"] = paths, ["incomplete"] = false };
    }

    private JsonObject ReviewToken(string token) => tokens.Verify(token) is { } claims
        ? new JsonObject
        {
            ["authenticated"] = true,
            ["user"] = Describe(ServiceAccountTokens.User(claims)),
            ["audiences"] = claims["aud"]?.DeepClone(),
        }
        : new JsonObject { ["authenticated"] = false, ["error"] = "invalid bearer token" };

    private static JsonObject Describe(UserInfo user)
    {
        JsonObject description = new() { ["username"] = user.Name };
        if (user.Uid.Length > 0)
        {
            description["uid"] = user.Uid;
        }

        description["groups"] = new JsonArray([.. user.Groups.Select(group => (JsonNode)group)]);
        if (user.Extra is { Count: > 0 } extra)
        {
            JsonObject shown = [];
            foreach (var (key, values) in extra)
            {
                shown[key] = new JsonArray([.. values.Select(value => (JsonNode)value)]);
            }

            description["extra"] = shown;
        }

        return description;
    }
}
