using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Auth;
using Fairlead.ControlPlane.Json;

namespace Fairlead.ControlPlane.Requests;

/// <summary>Questions about who one is and what one may do; they are answered, not stored.</summary>
internal sealed class ReviewRequests(ObjectCodec codec, ServiceAccountTokens tokens, TimeProvider time)
{
    public async Task CreateAsync(RequestContext request)
    {
        var review = codec.Decode(request, await RequestBody.ReadAsync(request.Http));
        review["status"] = request.Resource.Kind switch
        {
            "SelfSubjectReview" => new JsonObject { ["userInfo"] = Describe(request.User) },
            "TokenReview" => ReviewToken(review.StringAt("spec", "token") ?? ""),
            "SelfSubjectRulesReview" => new JsonObject
            {
                ["resourceRules"] = new JsonArray(new JsonObject { ["verbs"] = new JsonArray("*"), ["apiGroups"] = new JsonArray("*"), ["resources"] = new JsonArray("*") }),
                ["nonResourceRules"] = new JsonArray(new JsonObject { ["verbs"] = new JsonArray("*"), ["nonResourceURLs"] = new JsonArray("*") }),
                ["incomplete"] = false,
            },
            _ => new JsonObject { ["allowed"] = true },
        };
        review.Ensure("metadata").Default("creationTimestamp", ObjectMetadata.Timestamp(time));
        await Answers.WriteNodeAsync(request.Http, 201, review);
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
