from django.apps import AppConfig


class EcollectionsConfig(AppConfig):
    name = "ecollections"

    def ready(self) -> None:
        from almaportal.jobs.sweep import ALSO
        from ecollections import create_jobs, delete_jobs, jobs, move_jobs, remake_jobs, tree_jobs
        from ecollections.changed import register_kinds
        from ecollections.loading import load_jobs, row_jobs
        from ecollections.titles import jobs as title_jobs
        from ecollections.titles import nightly

        register_kinds()
        ALSO.extend((nightly.start, load_jobs.clear_old))
        for one in (jobs, delete_jobs, tree_jobs, create_jobs, move_jobs, remake_jobs, title_jobs, row_jobs, load_jobs):
            one.register_kinds()
