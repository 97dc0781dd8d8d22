namespace Fairlead.TestSupport;

/// <summary>Tests that need the kernel fail without privileges: a skip is a hole that nobody sees.</summary>
public static class RequireRoot
{
    public static void OrFail()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new InvalidOperationException("this test needs root: it makes network namespaces");
        }
    }
}
