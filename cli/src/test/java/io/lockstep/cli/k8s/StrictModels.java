package io.lockstep.cli.k8s;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobTemplateSpec;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads objects into the models of Kubernetes' interface; a field that has no place there fails.
 */
final class StrictModels {

  private static final Map<String, Class<?>> MODELS =
      Map.ofEntries(
          Map.entry("v1 ConfigMap", ConfigMap.class),
          Map.entry("v1 PersistentVolumeClaim", PersistentVolumeClaim.class),
          Map.entry("v1 Secret", Secret.class),
          Map.entry("v1 Service", Service.class),
          Map.entry("apps/v1 Deployment", Deployment.class),
          Map.entry("apps/v1 StatefulSet", StatefulSet.class),
          Map.entry("autoscaling/v2 HorizontalPodAutoscaler", HorizontalPodAutoscaler.class),
          Map.entry("batch/v1 Job", Job.class),
          Map.entry("networking.k8s.io/v1 NetworkPolicy", NetworkPolicy.class),
          Map.entry("policy/v1 PodDisruptionBudget", PodDisruptionBudget.class));

  private static final Set<String> JOB_SET =
      Set.of("network", "successPolicy", "failurePolicy", "replicatedJobs");

  /** The models keep unknown fields aside, which is what the introspector leaves out. */
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .annotationIntrospector(
              new JacksonAnnotationIntrospector() {
                private static final long serialVersionUID = 1L;

                @Override
                public Boolean hasAnySetter(MapperConfig<?> config, Annotated annotated) {
                  return Boolean.FALSE;
                }
              })
          .build();

  private StrictModels() {}

  /**
   * Reads one object.
   *
   * @throws tools.jackson.core.JacksonException naming a field that isn't known or has another type
   */
  static void check(Map<String, Object> object) {
    String kind = object.get("apiVersion") + " " + object.get("kind");
    if (kind.equals("jobset.x-k8s.io/v1alpha2 JobSet")) {
      checkJobSet(Manifests.map(object.get("spec")));
      return;
    }
    Class<?> model = MODELS.get(kind);
    if (model == null) {
      throw new IllegalArgumentException("no model of " + kind);
    }
    MAPPER.convertValue(object, model);
  }

  /** Its jobs are Kubernetes' own; the rest is little. */
  private static void checkJobSet(Map<String, Object> spec) {
    if (!JOB_SET.containsAll(spec.keySet())) {
      throw new IllegalArgumentException("a JobSet has " + JOB_SET + ", not " + spec.keySet());
    }
    for (Map<String, Object> job : Manifests.maps(spec.get("replicatedJobs"))) {
      if (!job.keySet().equals(Set.of("name", "replicas", "template"))) {
        throw new IllegalArgumentException("a job has no " + job.keySet());
      }
      MAPPER.convertValue(job.get("template"), JobTemplateSpec.class);
    }
  }
}
