from django.apps import AppConfig


class CirculationConfig(AppConfig):
    name = "circulation"

    def ready(self) -> None:
        from almaportal.jobs.sweep import ALSO
        from circulation import direct_kinds, forgetting, jobs, watching
        from circulation.changed import register_kinds

        register_kinds()
        direct_kinds.register_kinds()
        jobs.register_kinds()
        ALSO.append(watching.start)
        ALSO.append(forgetting.forget_old)
