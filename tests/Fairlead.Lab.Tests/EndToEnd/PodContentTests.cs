namespace Fairlead.Lab.Tests.EndToEnd;

/// <summary>A pod that uses every way in which content gets into a container.</summary>
public sealed class FullPod : IDisposable
{
    private const string Manifest = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings}
        data: {color: red, file.txt: "hello\n", changing: before}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: hidden}
        stringData: {password: hunter2, changing: before}
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: robot}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: full, labels: {app: full, tier: x}, annotations: {note: 'a "b"'}}
        spec:
          serviceAccountName: robot
          hostname: myhost
          subdomain: mysub
          setHostnameAsFQDN: true
          hostAliases: [{ip: 192.0.2.4, hostnames: [foo, bar]}]
          dnsConfig: {nameservers: [192.0.2.9], searches: [x.example], options: [{name: ndots, value: "2"}, {name: edns0}]}
          securityContext: {runAsUser: 4321, runAsGroup: 3000, fsGroup: 2000, supplementalGroups: [4000]}
          containers:
          - name: main
            image: machine
            command: [bash, -c, "trap 'exit 0' TERM; while :; do sleep 0.2; done"]
            envFrom: [{configMapRef: {name: settings}, prefix: CM_}, {secretRef: {name: hidden}}]
            env:
            - {name: ADDRESS, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
            - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
            - {name: MEMORY, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
            - {name: TEXT, value: "$(CPU) $(NOPE) $$(CPU)"}
            resources: {limits: {cpu: 500m, memory: 64Mi}}
            securityContext: {readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}
            volumeMounts:
            - {name: settings, mountPath: /cm}
            - {name: settings, mountPath: /one/file.txt, subPath: file.txt}
            - {name: hidden, mountPath: /secret}
            - {name: scratch, mountPath: /scratch}
            - {name: memory, mountPath: /memory}
            - {name: self, mountPath: /self}
            - {name: token, mountPath: /token}
          volumes:
          - {name: settings, configMap: {name: settings}}
          - {name: hidden, secret: {secretName: hidden, defaultMode: 0440}}
          - {name: scratch, emptyDir: {}}
          - {name: memory, emptyDir: {medium: Memory, sizeLimit: 8Mi}}
          - name: self
            downwardAPI:
              items:
              - {path: labels, fieldRef: {fieldPath: metadata.labels}}
              - {path: changing, fieldRef: {fieldPath: "metadata.annotations['changing']"}}
              - {path: note, fieldRef: {fieldPath: "metadata.annotations['note']"}}
              - {path: cpu, resourceFieldRef: {containerName: main, resource: limits.cpu, divisor: 1m}}
          - name: token
            projected:
              sources:
              - serviceAccountToken: {path: token, expirationSeconds: 600}
              - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
        """;

    public FullPod(LabFixture lab)
    {
        Lab = lab;
        lab.Apply(Manifest, "full");
    }

    public LabFixture Lab { get; }

    public void Dispose() => Lab.Delete("full");
}

/// <summary>What a container finds around itself, asked from inside with kubectl exec.</summary>
[Trait("Category", "Root")]
[Collection(OneLab.Name)]
public sealed class PodContentTests(FullPod pod) : IClassFixture<FullPod>
{
    private readonly LabFixture _lab = pod.Lab;

    [Fact]
    public void A_container_is_who_its_pod_says_and_finds_what_its_pod_gives()
    {
        (string Question, string Answer)[] rows =
        [
            ("id -u; id -g; id -G", "4321\n3000\n3000 2000 4000"),
            ("hostname; hostname -f", "myhost.mysub.default.svc.cluster.local\nmyhost.mysub.default.svc.cluster.local"),
            ("getent hosts foo", "192.0.2.4       foo bar"),
            ("grep ^search /etc/resolv.conf | tr ' ' '\\n' | grep -c -E '^(default.svc.cluster.local|svc.cluster.local|cluster.local|x.example)$'", "4"),
            ("grep ^nameserver /etc/resolv.conf", "nameserver 10.32.0.10\nnameserver 192.0.2.9"),
            ("grep ^options /etc/resolv.conf", "options ndots:2 edns0"),
            ("echo $CM_color $password $CPU $MEMORY \"$TEXT\"", "red hunter2 1 64 1 $(NOPE) $(CPU)"),
            ("[ $ADDRESS = $(hostname -i) ] && echo same", "same"),
            ("cat /cm/color /one/file.txt", "redhello"),
            ("stat -Lc '%a %g' /secret/password; cat /secret/password", "440 2000\nhunter2"),
            ("touch /scratch/a /memory/b && stat -c '%u %g' /scratch/a /memory/b", "4321 2000\n4321 2000"),
            ("touch /a 2>&1; touch /one/file.txt 2>/dev/null || echo refused", "touch: cannot touch '/a': Read-only file system\nrefused"),
            ("df -h --output=size /memory | tail -n1 | tr -d ' '", "8.0M"),
            ("head -c 9000000 /dev/zero 2>/dev/null > /memory/big || echo full; rm /memory/big", "full"),
            ("cat /self/labels; echo; cat /self/note; echo; cat /self/cpu", "app=\"full\"\ntier=\"x\"\na \"b\"\n500"),
            ("grep -E 'CapBnd|CapEff|NoNewPrivs' /proc/1/status | tr -s '\\t\\n' '  '", "CapEff: 0000000000000000 CapBnd: 0000000000000400 NoNewPrivs: 1 "),
            ("cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null", "67108864"),
            ("echo $KUBERNETES_SERVICE_HOST $KUBERNETES_PORT_443_TCP_PROTO $WEB_SERVICE_PORT", "10.32.0.1 tcp 80"),
            ("curl -s --retry 60 --retry-all-errors --retry-delay 1 http://$WEB_SERVICE_HOST/ | cut -c1-4", "web-"),
        ];

        // One exec for all rows: a pod's content doesn't depend on who asks when.
        string script = string.Join("\n", rows.Select(static row => $"( {row.Question} ) 2>&1; echo ----"));
        string[] answers = _lab.InPod("full", script).Split("----");
        Assert.All(rows.Zip(answers), static pair => Assert.Equal((pair.First.Question, pair.First.Answer.Trim()), (pair.First.Question, pair.Second.Trim())));
    }

    [Fact]
    public void Its_token_is_known_to_the_api_and_bound_to_the_pod()
    {
        string who = _lab.InPod("full", """
            curl -sS --cacert /token/ca.crt -H "Authorization: Bearer $(cat /token/token)" -H "Content-Type: application/json" \
              -d '{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1"}' https://$KUBERNETES_SERVICE_HOST/apis/authentication.k8s.io/v1/selfsubjectreviews
            """);

        Assert.Contains("\"username\":\"system:serviceaccount:default:robot\"", who, StringComparison.Ordinal);
        Assert.Contains("\"authentication.kubernetes.io/pod-name\":[\"full\"]", who, StringComparison.Ordinal);
    }

    [Fact]
    public void It_finds_the_api_as_programs_in_a_cluster_do()
    {
        string answer = _lab.InPod("full", """
            cd /var/run/secrets/kubernetes.io/serviceaccount; cat namespace; echo
            curl -sS --cacert ca.crt -H "Authorization: Bearer $(cat token)" https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT/api/v1/namespaces/$(cat namespace)/pods
            """);

        Assert.StartsWith("default\n", answer, StringComparison.Ordinal);
        Assert.Contains("User \\\"system:serviceaccount:default:robot\\\" cannot list resource \\\"pods\\\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Changes_of_config_maps_secrets_and_labels_reach_it_while_it_runs()
    {
        _lab.Kubectl("patch", "configmap", "settings", "-p", """{"data":{"changing":"after"}}""");
        _lab.Kubectl("patch", "secret", "hidden", "-p", """{"stringData":{"changing":"after"}}""");

        // A pod that changes is looked at at once; else once a minute.
        _lab.Kubectl("annotate", "pod", "full", "changing=after", "--overwrite");

        LabFixture.Eventually(() => _lab.InPod("full", "cat /cm/changing /secret/changing /self/changing") == "afterafterafter", "files follow the API");
        Assert.Equal("before", _lab.InPod("full", "echo $CM_changing"));
    }
}
