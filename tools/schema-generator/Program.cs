// Reads the Go types of the Kubernetes API and writes the two tables that Fairlead.ControlPlane embeds.
//   dotnet run --project tools/schema-generator -- "$(tools/schema-generator/fetch.sh /tmp/kubernetes-go-types)" src/Fairlead.ControlPlane/Schema/Data
// GO_ROOT holds k8s.io/api, k8s.io/apimachinery and k8s.io/apiextensions-apiserver
// (Debian: golang-k8s-api-dev, golang-k8s-apimachinery-dev, golang-k8s-apiextensions-apiserver-dev; under usr/share/gocode/src).
using Fairlead.SchemaGenerator;

if (args.Length != 2)
{
    Console.Error.WriteLine("usage: schema-generator GO_ROOT OUTPUT_FOLDER");
    return 2;
}

TableWriter writer = new(args[0]);
foreach (Package package in Package.All)
{
    writer.Load(package);
}

writer.Write(args[1]);
Console.WriteLine(writer.Summary);
return 0;
