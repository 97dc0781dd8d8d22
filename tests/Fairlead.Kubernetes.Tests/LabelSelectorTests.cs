namespace Fairlead.Kubernetes.Tests;

public class LabelSelectorTests
{
    private static readonly Dictionary<string, string> Labels = new() { ["app"] = "web", ["tier"] = "front", ["weight"] = "7", ["empty"] = "" };

    [Theory] //  selector                      matches
    [InlineData("", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web,tier!=back", true)]
    [InlineData("app=db", false)]
    [InlineData("app=web,app=db", false)]
    [InlineData("app in (web, db)", true)]
    [InlineData("app notin (web)", false)]
    [InlineData("other notin (web)", true)]
    [InlineData("tier", true)]
    [InlineData("!tier", false)]
    [InlineData("! other", true)]
    [InlineData("weight>5,weight<8", true)]
    [InlineData("weight>7", false)]
    [InlineData("empty=", true)]
    [InlineData("example.com/name!=x", true)]
    public void A_selector_matches(string selector, bool matches) => Assert.Equal(matches, LabelSelector.Parse(selector).Matches(Labels));

    [Theory]
    [InlineData("a=b=c", "found '=', expected: ',' or 'end of string'")]
    [InlineData("a in b", "found 'b', expected: '('")]
    [InlineData("a,", "found '', expected: identifier after ','")]
    [InlineData("a is b", "found 'is', expected: in, notin, =, ==, !=, gt, lt")]
    public void A_text_that_is_no_selector_says_where(string selector, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => LabelSelector.Parse(selector)).Message);

    [Fact]
    public void An_empty_selector_means_everything_and_prints_as_nothing()
    {
        Assert.True(new LabelSelector().Matches(Labels));
        Assert.Equal("", new LabelSelector().ToString());
    }

    [Theory]
    [InlineData("a=b,c=d")]
    [InlineData("a in (b,c),!d,e")]
    public void A_selector_prints_as_it_is_read(string selector) => Assert.Equal(selector, LabelSelector.Parse(selector).ToString());
}
