from django.apps import AppConfig


class EcollectionsConfig(AppConfig):
    name = "ecollections"

    def ready(self) -> None:
        from ecollections import create_jobs, delete_jobs, jobs, move_jobs, remake_jobs, tree_jobs
        from ecollections.changed import register_kinds

        register_kinds()
        for one in (jobs, delete_jobs, tree_jobs, create_jobs, move_jobs, remake_jobs):
            one.register_kinds()
