using Fairlead.Dns.Corefile;

namespace Fairlead.Dns.Tests;

/// <summary>The grammar: what is a block, a plugin, an option.</summary>
public sealed class GrammarTests
{
    [Theory] // text                                                      as it is understood
    [InlineData(".:53 {\n log\n cache 30\n}",                              ".:53 { log; cache 30 }")]
    [InlineData(".:53 {\n\n  # all of it\n  log # here too\n}",             ".:53 { log }")]
    [InlineData(". {\n cache {\n  success 100\n  denial 5\n }\n}",          ". { cache { success 100; denial 5 } }")]
    [InlineData(". { cache { success 100 } }",                             ". { cache { success 100 } }")]
    [InlineData(".\n{\n log\n}",                                           ". { log }")]
    [InlineData("a.org, b.org,\nc.org {\n log\n}",                         "a.org b.org c.org { log }")]
    [InlineData("a.org b.org {\n log\n}",                                  "a.org b.org { log }")]
    [InlineData("example.org\nlog\ncache 10",                              "example.org { log; cache 10 }")]
    [InlineData(". {\n log . \"{remote} \\\"{name}\\\"\"\n}",              ". { log . {remote} \"{name}\" }")]
    [InlineData(". {\n log \"two\nlines\"\n cache\n}",                     ". { log two\nlines; cache }")]
    [InlineData(". {\n forward . 1.1.1.1 \\\n  2.2.2.2\n}",                ". { forward . 1.1.1.1 2.2.2.2 }")]
    [InlineData(".:53 {\r\n log\r\n}\r\n",                                 ".:53 { log }")]
    [InlineData("\uFEFF. {\n log\n}",                                      ". { log }")]
    [InlineData("(common) {\n log\n errors\n}\n. {\n import common\n}",    ". { log; errors }")]
    [InlineData("(a) {\n log\n}\n(b) {\n import a\n cache\n}\n. {\n import b\n}", ". { log; cache }")]
    [InlineData("(ttls) {\n success 5\n}\n. {\n cache {\n  import ttls\n }\n}", ". { cache { success 5 } }")]
    [InlineData(". {\n log\n}\nb.org {\n cache\n}",                        ". { log } b.org { cache }")]
    [InlineData("{$ZONE}:{$PORT} {\n log {%NAME%}.org{$UNSET}\n}",         "z.org:1053 { log n.org }")]
    public void Text_is_understood_as(string text, string expected)
    {
        using CorefileFolder folder = new(text);
        using CorefileSource source = new(name => name switch { "ZONE" => "z.org", "PORT" => "1053", "NAME" => "n", _ => null });
        Assert.Equal(expected, string.Join(' ', CorefileParser.Parse(source, folder.CorefilePath).Select(b => $"{string.Join(' ', b.Keys)} {Braces(b.Directives)}")));
    }

    [Theory] // text                                    the error after the file's name
    [InlineData(". {\n log\n",                           ":1: a brace is opened here and never closed")]
    [InlineData(". {\n log\n}\n}",                       ":4: a brace is closed here that was never opened")]
    [InlineData(". {\n log \"abc\n}",                    ":2: a quote is opened here and never closed")]
    [InlineData("{\n log\n}",                            ":1: a server block has no key before its brace: name its zones, such as '.' or 'cluster.local:53'")]
    [InlineData(". {\n {\n }\n}",                        ":2: a brace is opened here, but no plugin or option stands before it")]
    [InlineData("example.org\nlog\n}",                   ":3: a brace is closed here that was never opened; the server block 'example.org' of line 1 has none")]
    [InlineData("(a) {\n log\n}\n(a) {\n log\n}",        ":4: there is another snippet (a) already")]
    [InlineData("(a) {\n log\n",                         ":1: the brace of the snippet (a) is never closed")]
    [InlineData("(a) {\n import a\n}\n. {\n import a\n}", ":2: import: more than 1000 imports: does 'a' import itself?")]
    public void A_broken_text_says_where_and_why(string text, string expected)
    {
        using CorefileFolder folder = new(text);
        CorefileException error = Assert.Throws<CorefileException>(() => folder.Load());
        Assert.Equal(folder.CorefilePath + expected, error.Message);
    }

    [Fact]
    public void Files_are_imported_in_the_order_of_their_names_relative_to_the_importing_file()
    {
        using CorefileFolder folder = new(". {\n import custom/*.override\n}\nimport custom/*.server\n");
        folder.Write("custom/2.override", "cache 20\n");
        folder.Write("custom/1.override", "log\nimport deep/more\n");
        folder.Write("custom/deep/more", "errors\n");
        folder.Write("custom/x.server", "corp.example.com {\n  forward . 10.0.0.53\n}\n");
        DnsConfiguration configuration = folder.Load();
        Assert.Equal(2, configuration.Servers.Length);
        Assert.NotEmpty(configuration.Servers[0].Logs);
        Assert.NotNull(configuration.Servers[0].Errors);
        Assert.Equal(TimeSpan.FromSeconds(20), configuration.Servers[0].Cache!.Success.MaximumTtl);
        Assert.Equal("corp.example.com.", configuration.Servers[1].Zones[0].ToString());
        Assert.Empty(configuration.Warnings);
    }

    [Fact]
    public void An_error_in_an_imported_file_names_that_file()
    {
        using CorefileFolder folder = new(". {\n import custom/a\n}\n");
        folder.Write("custom/a", "log\n\nforwrad . 1.1.1.1\n");
        CorefileException error = Assert.Throws<CorefileException>(() => folder.Load());
        Assert.Equal($"{folder.Path("custom/a")}:3: there is no plugin 'forwrad'; did you mean 'forward'?", error.Message);
    }

    [Fact]
    public void A_pattern_may_match_nothing_and_a_name_may_not()
    {
        using CorefileFolder pattern = new(". {\n log\n import /nowhere/*.override\n}\n");
        Assert.Equal($"{pattern.CorefilePath}:3: import: no file matches /nowhere/*.override", Assert.Single(pattern.Load().Warnings).ToString());
        using CorefileFolder name = new(". {\n import common\n}\n");
        Assert.Equal(
            $"{name.CorefilePath}:2: import: there is neither a snippet (common) before this line nor a file {name.Path("common")}",
            Assert.Throws<CorefileException>(() => name.Load()).Message);
    }

    [Fact]
    public void The_hash_follows_the_contents_of_all_files()
    {
        using CorefileFolder folder = new(". {\n import custom/*.override\n}\n");
        folder.Write("custom/1.override", "log\n");
        string first = folder.Load().Hash;
        Assert.Equal(first, folder.Load().Hash);
        folder.Write("custom/1.override", "errors\n");
        string second = folder.Load().Hash;
        Assert.NotEqual(first, second);
        folder.Write("custom/2.override", "cache\n");
        Assert.NotEqual(second, folder.Load().Hash);
    }

    private static string Braces(IEnumerable<Directive> directives) => $"{{ {string.Join("; ", directives.Select(Written))} }}";

    private static string Written(Directive directive) =>
        string.Join(' ', [directive.Name.Text, .. directive.Arguments.Select(a => a.Text)]) + (directive.Body.IsEmpty ? "" : $" {Braces(directive.Body)}");
}
