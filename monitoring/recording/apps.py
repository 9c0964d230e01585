from django.apps import AppConfig


class RecordingConfig(AppConfig):
    name = "monitoring.recording"
