using Microsoft.AspNetCore.Http;

namespace Fairlead.ControlPlane.Requests;

/// <summary>In which shape an answer is wanted.</summary>
internal enum AnswerShape
{
    /// <summary>The object itself.</summary>
    Object,

    /// <summary>meta.k8s.io/v1 Table: printed columns.</summary>
    Table,

    /// <summary>meta.k8s.io/v1 PartialObjectMetadata(List).</summary>
    Metadata,
}

/// <summary>The outcome of looking at Accept.</summary>
internal readonly record struct Negotiated(AnswerShape Shape, bool Yaml);

/// <summary>Chooses among what a client accepts, in its order. We speak JSON (and hand JSON out as the YAML that it is).</summary>
internal static class Negotiation
{
    public static Negotiated Choose(HttpRequest request)
    {
        var accept = request.Headers.Accept.ToString();
        if (accept.Length == 0)
        {
            return default;
        }

        foreach (var clause in accept.Split(',', StringSplitOptions.TrimEntries))
        {
            var parts = clause.Split(';', StringSplitOptions.TrimEntries);
            if (parts[0] is not ("application/json" or "application/yaml" or "*/*" or "application/*"))
            {
                continue;
            }

            string kind = "", version = "", group = "";
            foreach (var parameter in parts.AsSpan(1))
            {
                var sign = parameter.IndexOf('=');
                var (name, value) = sign < 0 ? (parameter, "") : (parameter[..sign], parameter[(sign + 1)..]);
                switch (name)
                {
                    case "as":
                        kind = value;
                        break;
                    case "v":
                        version = value;
                        break;
                    case "g":
                        group = value;
                        break;
                }
            }

            var yaml = parts[0] == "application/yaml";
            if (kind.Length == 0)
            {
                return new(AnswerShape.Object, yaml);
            }

            if (group == "meta.k8s.io" && version is "v1" or "v1beta1")
            {
                switch (kind)
                {
                    case "Table":
                        return new(AnswerShape.Table, yaml);
                    case "PartialObjectMetadata" or "PartialObjectMetadataList":
                        return new(AnswerShape.Metadata, yaml);
                }
            }
        }

        throw StatusException.NotAcceptable();
    }
}
